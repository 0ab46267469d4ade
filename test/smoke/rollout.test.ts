/** Whose turn it is, and what becomes of nodes that come, change and go. */
import { describe, expect, test } from 'vitest';
import { type NodeView, nodeView } from '../../src/cluster/views.ts';
import {
  beginTurns,
  newRollout,
  nextTurns,
  observeNode,
  obstacle,
  type Rollout,
  settle,
  settleRest,
  verdictOf,
} from '../../src/smoke/fleet/rollout.ts';
import type { NodeResult } from '../../src/smoke/result.ts';

interface Shape {
  uid?: string;
  ready?: boolean;
  cordoned?: boolean;
  os?: string;
}

const object = (
  name: string,
  { uid = `uid-${name}`, ready = true, cordoned = false, os = 'linux' }: Shape = {},
) => ({
  kind: 'Node',
  metadata: { name, uid, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: cordoned ? { unschedulable: true } : {},
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', message: 'runtime is down' }],
    nodeInfo: { operatingSystem: os, kubeletVersion: 'v1.32.4' },
  },
});
const view = (name: string, shape?: Shape): NodeView => nodeView(object(name, shape)) as NodeView;
const line = (type: string, name: string, shape?: Shape): string =>
  JSON.stringify({ type, object: object(name, shape) });

function rollout(...nodes: NodeView[]): { rollout: Rollout; results: NodeResult[] } {
  const results: NodeResult[] = [];
  return { rollout: newRollout(nodes, (_, result) => results.push(result)), results };
}

const fixed = { state: 'fixed', because: 'it runs' } as const;
const stateOf = (all: Rollout, name: string): string | undefined => all.members.get(name)?.result?.state;

test.each<[string, Shape, NodeResult['state'] | null]>([
  ['Ready', {}, null],
  ['not Ready', { ready: false }, 'undetermined'],
  ['cordoned', { cordoned: true }, 'undetermined'],
  ['Windows', { os: 'windows' }, 'skipped'],
  ['Windows, and cordoned', { os: 'windows', cordoned: true }, 'skipped'],
])('a node that is %s: %j', (_, shape, state) => {
  expect(obstacle(view('a', shape))?.state ?? null).toBe(state);
});

describe('turns', () => {
  test('are given in order, to those that can have one', () => {
    const { rollout: all } = rollout(view('a'), view('b', { cordoned: true }), view('c'), view('d'));
    expect(nextTurns(all, 2)).toEqual(['a', 'c']);
    beginTurns(all, ['a', 'c'], 5);
    expect([...all.open]).toEqual(['a', 'c']);
    expect(nextTurns(all, 2)).toEqual(['d']);
    expect(nextTurns(all, 0)).toEqual([]);
  });

  test('come later to a node that becomes Ready', () => {
    const { rollout: all } = rollout(view('a', { ready: false }));
    expect(nextTurns(all, 1)).toEqual([]);
    observeNode(all, line('MODIFIED', 'a'));
    expect(nextTurns(all, 1)).toEqual(['a']);
  });

  test('come to a node that joins, and to one that takes over a name', () => {
    const { rollout: all } = rollout(view('a'));
    beginTurns(all, ['a'], 0);
    settle(all, 'a', fixed);
    observeNode(all, line('ADDED', 'b'));
    observeNode(all, line('ADDED', 'a', { uid: 'another' }));
    expect(nextTurns(all, 9)).toEqual(['b', 'a']);
    expect(stateOf(all, 'a')).toBeUndefined();
  });
});

test('a node that leaves has no result, unless it has one already; its successor is not it', () => {
  const { rollout: all } = rollout(view('a'), view('b'), view('c', { uid: 'new' }));
  settle(all, 'a', fixed);
  for (const name of ['a', 'b']) observeNode(all, line('DELETED', name));
  observeNode(all, line('DELETED', 'c', { uid: 'old' }));
  expect(['a', 'b', 'c'].map((name) => stateOf(all, name))).toEqual(['fixed', 'undetermined', undefined]);
});

test('a result stays, and is said once', () => {
  const { rollout: all, results } = rollout(view('a'));
  settle(all, 'a', fixed);
  settle(all, 'a', { state: 'affected', because: 'late' });
  settleRest(all, 'over');
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ node: 'a', state: 'fixed', hints: { kubelet: 'v1.32.4' } });
});

test.each<[string, [NodeView, NodeResult['state'] | null][], ReturnType<typeof verdictOf>['state']]>([
  ['fixed', [[view('a'), 'fixed']], 'fixed'],
  [
    'fixed beside Windows',
    [
      [view('a'), 'fixed'],
      [view('w', { os: 'windows' }), null],
    ],
    'fixed',
  ],
  ['Windows alone', [[view('w', { os: 'windows' }), null]], 'undetermined'],
  [
    'fixed beside a cordoned one',
    [
      [view('a'), 'fixed'],
      [view('c', { cordoned: true }), null],
    ],
    'undetermined',
  ],
  [
    'fixed beside one without a turn',
    [
      [view('a'), 'fixed'],
      [view('b'), null],
    ],
    'undetermined',
  ],
  [
    'affected beside all others',
    [
      [view('a'), 'fixed'],
      [view('b'), 'affected'],
      [view('c'), null],
    ],
    'affected',
  ],
])('all together: %s', (_, nodes, state) => {
  const { rollout: all } = rollout(...nodes.map(([each]) => each));
  for (const [{ name }, result] of nodes) if (result) settle(all, name, { state: result, because: 'x' });
  settleRest(all, 'it has not had its turn');
  expect(verdictOf(all).state).toBe(state);
});

test('a watch whose history is gone is to begin again; anything else that is no node is passed over', () => {
  const { rollout: all } = rollout();
  expect(observeNode(all, '{"type":"ERROR","object":{"kind":"Status","code":410}}')).toEqual({
    broken: true,
  });
  expect(observeNode(all, 'Unable to connect')).toEqual({ broken: false });
  expect(all.members.size).toBe(0);
});
