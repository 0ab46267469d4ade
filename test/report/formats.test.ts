import { describe, expect, it } from 'vitest';
import { type Block, type Document, list, type Outcome } from '../../src/report/document.ts';
import { type FormatName, formatNamesOf, formats } from '../../src/report/formats/index.ts';
import { subpathfix } from '../helpers/tools.ts';
import { parseMetrics } from './metrics.ts';
import { parseXml } from './xml.ts';

/** What a name, a message of mount or a patch can hold. */
const hostile = [
  'red \u001b[31mtext\u001b[0m',
  'a \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u009b2J',
  'turned \u202earound\u202c and \u2066isolated\u2069',
  'nul \0 bell \u0007 return \r delete \u007f \ufffe \uffff \ud800',
  '`one` ``two`` ```three```',
  'a|b|c',
  '\n# heading\n- item\n\n1. step\n| x |\n> quote\n<b>bold</b> <!-- comment -->',
  '</testcase></testsuite>&lt;]]>"\' <!DOCTYPE x>',
  '[link](https://evil.example) ![image](x) *bold* _emphasis_ \\',
].join(' ');

const outcomes: Outcome[] = ['good', 'bad', 'unknown', 'failed', 'skipped'];

const table: Block = {
  kind: 'table',
  columns: ['NAME', 'RESULT'],
  rows: [
    ['plain', 'plain'],
    [hostile, { text: hostile, outcome: 'bad' }],
  ],
};

const document: Document = {
  command: 'check',
  subject: { node: null },
  outcome: 'bad',
  headline: hostile,
  message: hostile,
  findings: outcomes.map((outcome, index) => ({
    id: `${index} ${hostile}`,
    title: hostile,
    outcome,
    state: hostile,
    message: hostile,
    details: [hostile, hostile],
    seconds: 1.5,
    data: null,
  })),
  blocks: [
    ...list('decided by', [hostile, hostile]),
    table,
    { kind: 'paragraph', title: { text: hostile, outcome: 'good' }, lines: [hostile] },
    { kind: 'paragraph', title: 'fix', lines: [hostile], steps: [{ text: hostile, commands: [hostile] }] },
    { kind: 'verbatim', title: 'Diff', lines: hostile.split('\n') },
  ],
  notes: [{ code: 'note', text: hostile }],
  next: [{ code: 'next', text: hostile, command: hostile }],
  exitCode: 1,
  published: { text: hostile, [hostile]: [hostile, null, 1] },
};

const write = async (format: FormatName, from = document, style = {}): Promise<string> =>
  (await formats[format].load())(from, { color: false, columns: null, ...style });

/** What a terminal acts on, but for a newline. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** The cells of a row of a Markdown table. */
const cells = (row: string): number => row.replace(/\\./g, '').split('|').length - 2;

const checks: Record<FormatName, (text: string) => void> = {
  json(text) {
    expect(JSON.parse(text)).toEqual(document.published);
    expect(text).not.toMatch(/[\u200e\u200f\u2028\u2029\ufeff\ufffe\uffff]/);
  },
  junit(text) {
    const root = parseXml(text);
    const [suite] = root.children;
    expect(root).toMatchObject({ name: 'testsuites', children: [{ name: 'testsuite' }] });
    for (const element of [root, suite])
      expect(element?.attributes).toMatchObject({ tests: '5', failures: '2', errors: '1', skipped: '1' });
    expect(suite?.children.map(({ children }) => children.map(({ name }) => name))).toEqual([
      ['system-out'],
      ['failure'],
      ['error'],
      ['failure'],
      ['skipped'],
    ]);
    const message = suite?.children[1]?.children[0]?.attributes['message'];
    expect(message).toContain('a|b|c');
    expect(message).toContain('</testcase></testsuite>&lt;]]>"\' <!DOCTYPE x>');
  },
  markdown(text) {
    const lines = text.split('\n');
    const titles = [
      '# subpathfix check: red',
      '## decided by',
      '## red',
      '## fix',
      '## Diff',
      '## Notes',
      '## Next',
    ];
    expect(lines.filter((line) => line.startsWith('#'))).toEqual(
      titles.map((title) => expect.stringContaining(title)),
    );
    const rows = lines.filter((line) => line.startsWith('|'));
    // The last one is of the diff, which begins its line with four spaces.
    expect(rows.map(cells)).toEqual([2, 2, 2, 2]);
    const outside = lines.filter((line) => !line.startsWith('    ')).join('\n');
    expect(outside.replace(/(`{4,}) .* \1/g, '').replace(/\\./g, '')).not.toMatch(/[`<]|\]\(|^- item/m);
  },
  html(text) {
    // What the browser makes of it: page-hostile.test.ts.
    const markup = text.replace(/<style>[^<]*<\/style>/g, '');
    expect(markup).not.toMatch(/<b>|<!--|<script|<style|<\/testcase|<!DOCTYPE x|<img| href="?[^#]/);
    expect(markup).toContain('&lt;b&gt;bold&lt;/b&gt; &lt;!-- comment --&gt;');
  },
  prometheus(text) {
    const samples = parseMetrics(text);
    expect(samples.filter(({ name }) => name === 'subpathfix_outcome')).toHaveLength(25);
    expect(samples.filter(({ labels }) => labels['id'] !== undefined)).toHaveLength(30);
    expect(samples[0]?.labels['id']).toContain('</testcase></testsuite>&lt;]]>"\' <!DOCTYPE x>');
    expect(samples[0]?.labels['id']).toMatch(/_emphasis_ \\$/);
  },
  human(text) {
    // Only what stands there as it is, the diff, has lines of its own.
    for (const begin of ['# heading', '- item', '1. step', '| x |'])
      expect(text.split('\n').filter((line) => line.startsWith(begin))).toHaveLength(1);
  },
};

describe('hostile text', () => {
  it.each(formatNamesOf('check'))('stays text in %s', async (format) => {
    const text = await write(format);
    expect(text.endsWith('\n')).toBe(true);
    expect(text).not.toMatch(acting);
    checks[format](text);
  });

  it('has no colour among those of human', async () => {
    const coloured = await write('human', document, { color: true });
    expect(coloured.startsWith('\u001b[1m\u001b[31mred ')).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours that human adds
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(await write('human'));
  });
});

describe('a terminal of 60 columns', () => {
  const url = `https://example.com/${'x'.repeat(60)}`;
  const text = `${'some words that need more than a line, '.repeat(4)}${url} ${'and more '.repeat(9)}`.trim();
  const wide: Document = {
    ...document,
    headline: 'affected',
    message: text,
    blocks: [
      ...list('decided by', [text, 'short']),
      { kind: 'paragraph', title: text, lines: [text], steps: [{ text, commands: ['true'] }] },
    ],
    notes: [{ code: 'note', text }],
    next: [{ code: 'next', text, command: 'subpathfix generate' }],
  };

  it.each([false, true])('has no longer line where words allow it; colours %s', async (color) => {
    const folded = await write('human', wide, { color, columns: 60 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours that human adds
    const lines = folded.replace(/\u001b\[\d+m/g, '').split('\n');
    const long = lines.filter((line) => line.length > 60);
    expect(long.map((line) => line.trim())).toEqual(Array(7).fill(url));
    expect(Math.max(...lines.filter((line) => !long.includes(line)).map(({ length }) => length))).toBe(60);
    // Nothing is lost, and what goes on is indented.
    const words = (each: string): string[] => each.split(/\s+/).filter((word) => word !== '');
    expect(words(lines.join(' ')).filter((word) => word === url)).toHaveLength(7);
    expect(words(lines.join(' '))).toHaveLength(words(await write('human', wide)).length);
    expect(lines.filter((line) => /^\S/.test(line))).toHaveLength(3);
  });

  it('is not there in a pipe', async () => {
    expect((await write('human', wide)).split('\n')).toContain(`affected: ${text}`);
  });
});

describe('junit', () => {
  it.each<[command: string, ...args: string[]]>([
    ['check', '--util-linux', '2.41'],
    ['diagnose', 'README.md'],
    ['generate', '--util-linux', '2.41', '--dry-run'],
    ['probe', '--mount', '/nowhere/mount'],
    ['status', '--offline', '--no-cache'],
    ['sweep'],
    ['verify', '--skip', 'gate,kubelet,probe,smoke,leftovers'],
  ])('of %s has one root and a suite with results', async (...args) => {
    const { stdout } = await subpathfix([...args, '--format', 'junit']);
    const root = parseXml(stdout);
    expect(root).toMatchObject({ name: 'testsuites', children: [{ name: 'testsuite' }] });
    const [suite] = root.children;
    expect(suite?.attributes['name']).toBe(`subpathfix ${args[0]}`);
    expect(suite?.children.length).toBe(Number(root.attributes['tests']));
    expect(suite?.children.length).toBeGreaterThan(0);
  });

  it.each(['<a>', '<a/><b/>', '<a b="&nothing;"/>', '<a>\u0001</a>', '<a b="<"/>'])(
    'is read by a parser that refuses %j',
    (text) => {
      expect(() => parseXml(text)).toThrow();
    },
  );
});

describe('prometheus', () => {
  const metrics = async (document: Document) => parseMetrics(await write('prometheus', document));
  const finding = { title: 'a', state: 'a', message: '', details: [], data: null };

  it.each<[subject: Document['subject'], labels: Record<string, string>, whole: Record<string, string>]>([
    [{ node: 'worker-1' }, { node: 'worker-1' }, { node: 'worker-1' }],
    [{ node: null }, {}, {}],
    ['channels', { channel: 'nixos-25.05' }, {}],
  ])('about %j is labelled with it', async (subject, labels, whole) => {
    const findings = [{ ...finding, id: 'nixos-25.05', outcome: 'bad' as const, seconds: 1.25 }];
    const of = { command: 'check', ...labels, id: 'nixos-25.05' };
    expect(await metrics({ ...document, subject, findings })).toEqual([
      ...outcomes.map((outcome) => ({
        name: 'subpathfix_outcome',
        labels: { ...of, outcome },
        value: outcome === 'bad' ? 1 : 0,
      })),
      { name: 'subpathfix_duration_seconds', labels: of, value: 1.25 },
      { name: 'subpathfix_exit_code', labels: { command: 'check', ...whole }, value: 1 },
    ]);
  });

  it.each<[command: string, ...args: string[]]>([
    ['check', '--util-linux', '2.41'],
    ['check', '--util-linux', ''],
    ['status', '--offline', '--no-cache'],
    ['sweep'],
    ['verify', '--skip', 'gate,kubelet,probe,smoke,leftovers'],
  ])('of %s %s %s has one outcome a finding, and its exit code', async (...args) => {
    const { exitCode, stdout } = await subpathfix([...args, '--format', 'prometheus']);
    const samples = parseMetrics(stdout);
    const valuesOf = (metric: string) => samples.filter(({ name }) => name === metric);
    expect(valuesOf('subpathfix_exit_code')).toMatchObject([{ value: exitCode }]);
    const ids = valuesOf('subpathfix_outcome').map(({ labels }) => labels['id']);
    expect(ids.length).toBeGreaterThan(0);
    const held = valuesOf('subpathfix_outcome').filter(({ value }) => value === 1);
    expect(held.map(({ labels }) => labels['id'])).toEqual([...new Set(ids)]);
  });

  it.each(['diagnose', 'generate', 'probe'])('is not what %s writes', async (command) => {
    const { exitCode, stderr } = await subpathfix([command, '--format', 'prometheus']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Allowed choices are human, json, markdown, junit(, html)?\./);
  });

  it.each([
    'a 1\n',
    '# HELP a b\n# TYPE a gauge\na 1',
    '# HELP a b\n# TYPE a gauge\na{b="\\x"} 1\n',
    '# HELP a b\n# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n',
    '# HELP a b\n# TYPE a gauge\na{b="1" 1\n',
    '# HELP a b\n# TYPE a gauge\n# HELP b b\n# TYPE b gauge\nb 1\na 1\n',
  ])('is read by a parser that refuses %j', (text) => {
    expect(() => parseMetrics(text)).toThrow();
  });
});
