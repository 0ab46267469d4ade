/** A run on all nodes against a kubectl that answers as it is told; many nodes on a real API server: test/cluster. */
import { describe, expect, test } from 'vitest';
import { valueAt } from '../../src/cluster/views.ts';
import type { Command } from '../../src/host/command.ts';
import type { SmokeOptions } from '../../src/smoke/target.ts';
import type { Performance } from '../helpers/fake-host.ts';
import { smoke } from '../helpers/smoke-run.ts';
import { mkdirExists, podLine, waiting } from '../helpers/watch-lines.ts';

const broken = { configMap: waiting('CreateContainerError', mkdirExists('configmap-file')) };

/** What kubelet and the runtime of a node do with the pod, by the first letter of its name. */
const pods: Record<string, (node: string) => string> = {
  f: (node) => podLine({}, { node, uid: node }),
  a: (node) => podLine(broken, { node, uid: node }),
  o: (node) => podLine({}, { node, uid: node }),
  c: (node) => podLine({}, { node, uid: node, runtime: 'cri-o' }),
  s: (node) => podLine({}, { node, uid: node, status: { startTime: undefined, containerStatuses: [] } }),
};

const nodeObject = (name: string): object => ({
  kind: 'Node',
  // the pods are of the year's first second
  metadata: { name, uid: name, creationTimestamp: `202${name.startsWith('o') ? 6 : 5}-02-01T00:00:00Z` },
  spec: name.startsWith('u') ? { unschedulable: true } : {},
  status: {
    conditions: [{ type: 'Ready', status: name.startsWith('n') ? 'False' : 'True', message: 'down' }],
    nodeInfo: { operatingSystem: name.startsWith('w') ? 'windows' : 'linux', architecture: 'amd64' },
  },
});

/** The nodes that a DaemonSet is for. */
function listed({ input = '{}' }: Command): string[] | null {
  const text = /"nodeSelectorTerms":(\[.*?\}\]\}\]|\[\{\}\])/.exec(input)?.[1];
  if (text === undefined) return null;
  const terms = JSON.parse(text) as unknown[];
  return terms.flatMap((term) => {
    const [field] = (valueAt(term, 'matchFields') ?? []) as { values: string[] }[];
    return field?.values ?? [];
  });
}

async function fleet(
  names: string[],
  options: SmokeOptions,
  answer: (command: Command) => Performance | undefined = () => undefined,
) {
  const lists: string[][] = [];
  const run = await smoke(
    (_what, command) => {
      const all = command.args.join(' ');
      const told = answer(command);
      if (told) return told;
      const list = listed(command);
      if (list) lists.push(list);
      if (all.includes('/api/v1/nodes') && !all.includes('watch=')) {
        const items = names.map(nodeObject);
        return { writes: [`${JSON.stringify({ metadata: { resourceVersion: '7' }, items })}\n`] };
      }
      if (all.includes('/api/v1/nodes')) return { writes: [] };
      if (!all.includes('/pods?')) return undefined;
      const there = lists.at(-1) ?? [];
      return { writes: there.map((node) => `${pods[node[0] ?? '']?.(node)}\n`) };
    },
    { options: { node: undefined, allNodes: true, timeoutMs: 5000, ...options } },
  );
  const states = Object.fromEntries(run.result.nodes.map(({ node, state }) => [node, state]));
  const because = (node: string): string =>
    run.result.nodes.find((each) => each.node === node)?.because ?? '';
  return { ...run, lists, states, because };
}

describe('turns', () => {
  test('no more than --jobs have one, and each node gets its result', async () => {
    const names = ['f1', 'w1', 'f2', 'a1', 'u1', 'f3', 'c1', 'n1', 's1', 'f4'];
    const { result, lists, states, deleted } = await fleet(names, { jobs: 2 });
    expect(states).toEqual({
      ...{ f1: 'fixed', f2: 'fixed', f3: 'fixed', f4: 'fixed', a1: 'affected', w1: 'skipped' },
      ...{ u1: 'undetermined', c1: 'undetermined', n1: 'undetermined', s1: 'undetermined' },
    });
    expect(Math.max(...lists.map(({ length }) => length))).toBe(2);
    expect([...new Set(lists.flat())].sort()).toEqual(['a1', 'c1', 'f1', 'f2', 'f3', 'f4', 's1']);
    expect(result).toMatchObject({ state: 'affected', removed: true });
    expect(result.left).toEqual([expect.stringMatching(/^node a1: mounts of the subPaths that failed/)]);
    expect(deleted.map((each) => each.split(' ')[2])).toEqual(
      expect.arrayContaining(['daemonsets.apps', 'pods', 'namespace']),
    );
  });

  test('one that gets no answer is over after its time, and not before the others', async () => {
    const { states, because } = await fleet(['s1', 'f1', 'f2', 'f3'], { jobs: 2 });
    expect(states).toEqual({ s1: 'undetermined', f1: 'fixed', f2: 'fixed', f3: 'fixed' });
    expect(because('s1')).toContain('no result within 5 s; its kubelet has not picked up the pod');
  });

  test('a pod that is older than its node was of another machine, and proves nothing about this one', async () => {
    expect((await fleet(['o1'], {})).states).toEqual({ o1: 'undetermined' });
  });

  test('where none can have one, nothing is created', async () => {
    const { result, lists } = await fleet(['w1', 'u1'], {});
    expect([result.state, lists]).toEqual(['undetermined', []]);
  });

  test('with --keep the pods of affected nodes stay', async () => {
    const { lists, result } = await fleet(['a1', 'f1', 'f2', 'f3'], { jobs: 2, keep: true });
    expect(lists.slice(1).every((list) => list.includes('a1'))).toBe(true);
    expect(result.left[0]).toMatch(/^kept: /);
  });
});

describe('a turn that cannot be given', () => {
  const names = ['f1', 'f2', 'f3', 'f4'];
  const refusing = (words: string) => (command: Command) =>
    command.args[0] === 'replace' ? { exitCode: 1, writes: [{ error: words }] } : undefined;

  test.each([
    ['daemonsets.apps "x" is forbidden', /^the DaemonSet cannot be changed: .*forbidden/],
    [
      'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
      /^the API server stopped answering: .*refused/,
    ],
  ])('%s', async (words, says) => {
    const { states, because, result } = await fleet(names, { jobs: 2 }, refusing(words));
    expect(states).toEqual({ f1: 'fixed', f2: 'fixed', f3: 'undetermined', f4: 'undetermined' });
    expect(because('f3')).toMatch(says);
    expect(result).toMatchObject({ state: 'undetermined', removed: true });
  });

  test('once: it is given again', async () => {
    let times = 0;
    const { states } = await fleet(names, { jobs: 2 }, (command) => {
      if (command.args[0] !== 'replace' || times > 0) return undefined;
      times += 1;
      return { exitCode: 1, writes: [{ error: 'apiserver not ready' }] };
    });
    expect(Object.values(states)).toEqual(['fixed', 'fixed', 'fixed', 'fixed']);
  });
});

test.each([
  [
    'a page of the nodes is missing',
    { exitCode: 1, writes: [{ error: 'forbidden' }] },
    /^the nodes cannot be listed: /,
  ],
  ['there is no node', { writes: ['{"items":[]}\n'] }, /^the cluster has no node with the labels pool=x$/],
])('%s: nothing is created', async (_, told, says) => {
  const { result, host } = await fleet([], { selector: 'pool=x' }, ({ args }) =>
    args.join(' ').includes('/api/v1/nodes?labelSelector=pool%3Dx&limit=') ? told : undefined,
  );
  expect(result.because).toMatch(says);
  expect(host.ran.some((command) => command.includes(' delete '))).toBe(false);
});
