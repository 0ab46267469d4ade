/** Many nodes in each format of text. */
import { describe, expect, it } from 'vitest';
import type { Document, NodeRow, Outcome } from '../../src/report/document.ts';
import { verifyDocument } from '../../src/report/documents/verify.ts';
import { type FormatName, formatNamesOf, formats } from '../../src/report/formats/index.ts';
import { countsText, evidenceOf, groupsOf, sortedNodes } from '../../src/report/formats/nodes.ts';
import { fleet, fleetDocument } from '../helpers/fleet.ts';
import { parseMetrics } from './metrics.ts';
import { parseXml } from './xml.ts';

const row = (name: string, more: Partial<NodeRow> = {}): NodeRow => ({
  name,
  outcome: 'good',
  state: 'fixed',
  message: 'its mount was tested',
  details: [],
  hints: { kubelet: 'v1.33.1', os: 'NixOS 25.05' },
  next: [],
  ...more,
});
const affected = { outcome: 'bad', state: 'affected', message: 'its mount has the defect' } as const;
const silent = { outcome: 'unknown', state: 'silent', message: 'no answer within 10 s', hints: {} } as const;

const text = async (format: FormatName, document: Document, columns: number | null = null): Promise<string> =>
  (await formats[format].load())(document, { color: false, columns });

/** 196 fixed nodes, three affected ones and one that does not answer, not in order. */
const two = [
  ...Array.from({ length: 196 }, (_, index) => row(`node-${index}`)),
  row('node-1000', { ...affected, next: [{ code: 'a', text: 'fix it', command: 'fix node-1000' }] }),
  row('node-204', { ...affected, next: [{ code: 'a', text: 'fix it', command: 'fix node-204' }] }),
  row('silent-1', silent),
  row('node-203', { ...affected, next: [{ code: 'a', text: 'fix it', command: 'fix node-203' }] }),
];

describe('groups', () => {
  it('are in the order of what needs action', () => {
    const states: Outcome[] = ['good', 'skipped', 'unknown', 'failed', 'bad'];
    const nodes = states.map((outcome) => row(outcome, { outcome, state: outcome }));
    expect(groupsOf(nodes).map(({ outcome }) => outcome)).toEqual([
      'bad',
      'failed',
      'unknown',
      'skipped',
      'good',
    ]);
    expect(
      sortedNodes(two)
        .map(({ name }) => name)
        .slice(0, 5),
    ).toEqual(['node-203', 'node-204', 'node-1000', 'silent-1', 'node-0']);
    expect(countsText(two)).toBe('3 affected, 1 silent, 196 fixed');
  });

  it.each<[what: string, groups: number, first: Partial<NodeRow>, second: Partial<NodeRow>]>([
    ['equal', 1, {}, {}],
    ['of another message', 2, {}, { message: 'other' }],
    ['of another state', 2, {}, { state: 'patched' }],
    ['of another outcome of that state', 2, {}, { outcome: 'bad' }],
    ['of another kubelet', 2, {}, { hints: { kubelet: 'v1.34.0', os: 'NixOS 25.05' } }],
    ['of another system', 2, {}, { hints: { kubelet: 'v1.33.1', os: 'NixOS 25.11' } }],
    ['of another kernel', 1, {}, { hints: { kubelet: 'v1.33.1', os: 'NixOS 25.05', kernel: '7' } }],
    ['of another next step', 2, {}, { next: [{ code: 'a', text: 'look' }] }],
    ['of other evidence', 1, { details: ['pid 1'] }, { details: ['pid 2'] }],
    ['with their names in the message', 1, { message: 'node a-1: runs' }, { message: 'node b.x: runs' }],
    [
      'tested at another time',
      1,
      { message: 'x (tested 2026-11-26T10:00:00.123Z)' },
      { message: 'x (tested 2026-11-26T11:00:01.5Z)' },
    ],
    ['of another process', 1, { message: 'kubelet (pid 12) runs' }, { message: 'kubelet (pid 7) runs' }],
    ['of another version', 2, { message: '2.41 runs' }, { message: '2.42 runs' }],
    ['with a part of a name in the message', 2, { message: 'a-12 runs' }, { message: 'b.x2 runs' }],
    ['with the name of the other in it', 2, { message: 'b.x runs' }, { message: 'a-1 runs' }],
  ])('of two nodes %s: %d', (_, count, first, second) => {
    expect(groupsOf([row('a-1', first), row('b.x', second)])).toHaveLength(count);
  });

  it('say for USER@HOST what they say for HOST', () => {
    const nodes = ['root@a', 'root@b'].map((name) =>
      row(name, { message: `ssh: ${name.slice(5)}: no route` }),
    );
    expect(groupsOf(nodes).map(({ message }) => message)).toEqual(['ssh: …: no route']);
  });

  it('have a message with the name of its node where it is one', () => {
    expect(groupsOf([row('a', { message: 'a runs' })])[0]?.message).toBe('a runs');
  });

  it('share the evidence that is the same, but for names', () => {
    const nodes = [
      row('a', { details: ['same', 'on a', 'pid 1'] }),
      row('b', { details: ['same', 'on b', 'pid 2', 'more'] }),
    ];
    expect(evidenceOf(nodes)).toEqual({ shared: ['same', 'on …'], own: [['pid 1'], ['pid 2', 'more']] });
  });
});

it('say in their own evidence what their message leaves out', () => {
  const nodes = [row('a', { message: 'pid 1 runs' }), row('b', { message: 'pid 2 runs' })];
  expect(groupsOf(nodes).map(({ message }) => message)).toEqual(['pid … runs']);
  expect(evidenceOf(nodes)).toEqual({ shared: [], own: [['pid 1 runs'], ['pid 2 runs']] });
});

describe('human', () => {
  it('has a line for 200 nodes where they are equal, and the counts in one', async () => {
    const lines = (
      await text('human', { ...fleetDocument(two), headline: 'done', notes: [], next: [] })
    ).split('\n');
    expect(lines).toEqual(
      [
        'done',
        '',
        '3 affected, 1 silent, 196 fixed',
        '',
        'RESULT    COUNT  NODES                           KUBELET  OS           WHY',
        'affected  3      node-203, node-204, node-1000   v1.33.1  NixOS 25.05  its mount has the defect',
        'silent    1      silent-1                                              no answer within 10 s',
        'fixed     196    node-0, node-1, node-2, node-3, …  v1.33.1  NixOS 25.05  its mount was tested',
        '',
        'To do on nodes:',
        '  node-203 and 2 more: fix it: fix node-203',
        '',
      ].map((line) =>
        expect.stringMatching(new RegExp(`^${line.replace(/[.…]/g, '.').replace(/ {2,}/g, ' +')}$`)),
      ),
    );
  });

  it('does not repeat counts that the headline has', async () => {
    const document = { ...fleetDocument(two), headline: '3 affected, 1 silent, 196 fixed' };
    expect((await text('human', document)).match(/196 fixed/g)).toHaveLength(1);
    const other = { ...document, headline: '200 hosts: 196 fixed, 1 silent, 3 affected' };
    expect((await text('human', other)).match(/196 fixed/g)).toHaveLength(1);
    const larger = { ...document, headline: '200 hosts: 196 fixed, 1 silent, 13 affected' };
    expect((await text('human', larger)).match(/196 fixed/g)).toHaveLength(2);
  });

  it('has each node and what it says of itself with isWide', async () => {
    const lines = (await text('human', fleetDocument(two, true))).split('\n');
    for (const { name } of two) expect(lines.filter((line) => line.split(/\s/)[0] === name)).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('NODE '))).toMatch(/^NODE +RESULT +KUBELET +OS +WHY$/);
  });

  it.each(
    [40, 60, 80, 100, 132, 200].flatMap(
      (columns) =>
        [
          [columns, false],
          [columns, true],
        ] as const,
    ),
  )('has no line longer than %d columns, isWide %s', async (columns, isWide) => {
    const nodes = [...fleet(300), row('x'.repeat(300), { message: 'y'.repeat(300), state: 'z'.repeat(300) })];
    const document = { ...fleetDocument(nodes, isWide), notes: [], next: [] };
    const [table = ''] = (await text('human', document, columns)).split('To do on nodes');
    expect(table.split('\n').filter((line) => [...line].length > columns)).toEqual([]);
    for (const { state } of fleet(300)) expect(table).toContain(state.slice(0, 6));
  });
});

describe('markdown', () => {
  it('has a row for equal nodes, and their evidence in a list', async () => {
    const nodes = two.map((node) => (node.outcome === 'bad' ? { ...node, details: ['exit 32'] } : node));
    const written = await text('markdown', fleetDocument(nodes));
    expect(
      written
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .slice(2),
    ).toEqual([
      '| affected | 3 | node-203, node-204, node-1000 | v1.33.1 | NixOS 25.05 | its mount has the defect |',
      '| silent | 1 | silent-1 |  |  | no answer within 10 s |',
      expect.stringMatching(
        /^\| fixed \| 196 \| node-0, .*, … \| v1\.33\.1 \| NixOS 25\.05 \| its mount was tested \|$/,
      ),
    ]);
    expect(written).toContain(
      '### affected: node-203, node-204, node-1000 (3 nodes)\n\n- exit 32\n- fix it: `fix node-203`\n',
    );
    expect(Buffer.byteLength(await text('markdown', fleetDocument(fleet(5000))))).toBeLessThan(65_536);
  });
});

/** What verify --all-nodes has: phases, and nodes besides. */
const verified: Document = {
  ...verifyDocument({
    outcome: { state: 'affected', because: 'a pod on node-1 hangs' },
    reports: [
      { name: 'kubelet', title: 'inspect', state: 'passed', because: 'runs', milliseconds: 10 },
      { name: 'smoke', title: 'run a pod', state: 'affected', because: 'hangs', milliseconds: 10 },
    ],
    undone: [],
    smoke: undefined,
    examination: undefined,
    advice: [],
    version: '1',
    advisory: 'a',
    node: 'node-1',
  }),
  blocks: [{ kind: 'nodes', nodes: [row('node-1', affected), row('smoke'), row('node-1')], isWide: false }],
};

describe('html', () => {
  it.each<[hints: NodeRow['hints'], rooms: string, switched: boolean]>([
    [{ kubelet: 'v1', os: 'NixOS' }, 'v1', true],
    [{ kubelet: 'v1' }, 'v1', false],
    [{ os: 'NixOS' }, 'NixOS', false],
    [{}, 'system not known', false],
  ])('of nodes that say %j has rooms by what they say', async (hints, room, isSwitched) => {
    const written = await text('html', fleetDocument([row('a', { hints }), row('b', { hints })]));
    expect(/<h3>([^<]*) <span>2 nodes</.exec(written)?.[1]).toBe(room);
    expect(written.includes('name=by value')).toBe(isSwitched);
  });
});

describe('nodes beside phases', () => {
  it('are cases of junit too', async () => {
    const { attributes, children } = parseXml(await text('junit', verified));
    expect(attributes).toMatchObject({ tests: '5', failures: '2', errors: '0', skipped: '0' });
    const cases = children[0]?.children.map(({ attributes: of }) => `${of['classname']} ${of['name']}`);
    expect(cases).toEqual([
      'subpathfix.verify kubelet',
      'subpathfix.verify smoke',
      'subpathfix.verify.node node-1',
      'subpathfix.verify.node smoke',
      'subpathfix.verify.node node-1',
    ]);
  });

  it('are samples of prometheus with their name; of two of a name, the worst one', async () => {
    const samples = parseMetrics(await text('prometheus', verified));
    const held = samples.filter(({ name, value }) => name === 'subpathfix_outcome' && value === 1);
    expect(held.map(({ labels: { node, id, outcome } }) => [node, id, outcome])).toEqual([
      ['node-1', 'kubelet', 'good'],
      ['node-1', 'smoke', 'bad'],
      ['node-1', 'node-1', 'bad'],
      ['smoke', 'smoke', 'good'],
    ]);
    const info = samples.filter(({ name }) => name === 'subpathfix_node_info');
    expect(info.map(({ labels }) => labels)).toEqual(
      ['node-1', 'smoke'].map((node) => ({ command: 'verify', node, kubelet: 'v1.33.1', os: 'NixOS 25.05' })),
    );
  });

  it.each<FormatName>(['markdown', 'html'])('leave the phases in %s', async (format) => {
    const written = await text(format, verified);
    for (const word of ['inspect', 'run a pod', 'smoke']) expect(written).toContain(word);
  });
});

describe('nodes as findings', () => {
  it('are cases of junit once, with what they say of themselves', async () => {
    const [suite] = parseXml(await text('junit', fleetDocument(two))).children;
    expect(suite?.children).toHaveLength(200);
    expect(suite?.attributes).toMatchObject({ failures: '3', errors: '1' });
    const first = suite?.children.find(({ attributes }) => attributes['name'] === 'node-204');
    expect(first?.attributes['classname']).toBe('subpathfix.check.node');
    expect(first?.children[0]?.text).toBe('kubelet v1.33.1\nos NixOS 25.05');
  });

  it('are a set of samples each', async () => {
    const samples = parseMetrics(await text('prometheus', fleetDocument(two)));
    expect(samples.filter(({ name }) => name === 'subpathfix_outcome')).toHaveLength(1000);
    expect(samples.find(({ labels }) => labels['node'] === 'silent-1')?.labels).toMatchObject({
      command: 'check',
      id: 'silent-1',
    });
  });
});

describe('a hostile node', () => {
  const hostile = 'a\u001b[31m|`<b>"\\\n# x\u202e';
  const twin = 'a\u001b[31m|`<b>"\\\n# x\u202d';
  const nodes = [hostile, twin].map((name) =>
    row(name, {
      ...affected,
      state: name,
      message: name,
      details: [name, name],
      hints: { kubelet: name, os: name, runtime: name },
      next: [{ code: 'a', text: name, command: name }],
    }),
  );

  it.each(
    formatNamesOf('check').flatMap(
      (name) =>
        [
          [name, false],
          [name, true],
        ] as const,
    ),
  )('is text in %s, isWide %s', async (format, isWide) => {
    const written = await text(format, fleetDocument(nodes, isWide), 60);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal acts on
    expect(written).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(written.split('\n').filter((line) => line.startsWith('# x'))).toEqual([]);
    if (format === 'junit') expect(parseXml(written).children[0]?.children).toHaveLength(2);
    if (format === 'prometheus') expect(parseMetrics(written)).toHaveLength(8);
  });
});
