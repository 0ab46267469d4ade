/** Which node the pod is for: its name alone is not believed, what the API server says about the machine is. */
import { describe, expect, test } from 'vitest';
import { compareMachine, type ThisNode } from '../../src/cluster/this-node.ts';
import type { NodeView } from '../../src/cluster/views.ts';
import { unknown } from '../../src/facts/fact.ts';
import { nodeOfMachine, readiness, withoutNode } from '../../src/smoke/which-node.ts';

const ids = (bootId: string | null, machineId: string | null) => ({ bootId, machineId });
test.each([
  [ids('b', 'm'), ids('B', 'm'), 'same'],
  [ids('b', null), ids('b', 'm'), 'same'],
  [ids(null, 'm'), ids('b', 'm'), 'same'],
  [ids('b', 'm'), ids('c', 'm'), 'stale'],
  [ids('b', 'm'), ids('b', 'n'), 'other'],
  [ids('b', null), ids('c', 'm'), 'other'],
  [ids('b', 'm'), ids(null, null), 'unknown'],
  [ids(null, null), ids('b', 'm'), 'unknown'],
])('%j and %j: %s', (here, machine, sameness) => {
  expect(compareMachine(here, { machine })).toBe(sameness);
});

const view = (name: string, bootId: string | null = 'b', machineId: string | null = 'm'): NodeView => ({
  ...{ name, notReady: null, readySince: null, linux: true, pauseImages: [] },
  ...{ uid: name, created: '', cordoned: false, hints: {} },
  machine: { bootId, machineId },
});
const self = (name: string, sure = true): ThisNode => ({ name, sure, startedAt: null, ...ids('b', 'm') });

test('that cannot be told is to be named', () => {
  const { reason } = withoutNode(unknown('role-without-kubelet', 'A controller runs none.'));
  expect(reason).toEqual({
    code: 'role-without-kubelet',
    text: 'cannot determine which node this machine is: A controller runs none; give --node NAME or --all-nodes',
  });
});

describe('the node', () => {
  test.each<[title: string, self: ThisNode, nodes: NodeView[] | null, node: string | RegExp]>([
    ['of that name', self('a'), [view('a')], 'a'],
    ['of that name among others of the same machine', self('a', false), [view('b'), view('a')], 'a'],
    ['of another name, by its ids', self('a', false), [view('b'), view('c', 'x', 'y')], 'b'],
    [
      'of that name is another machine',
      self('a'),
      [view('a', 'x', 'y')],
      /^node a .* is another machine .*kubeconfig/,
    ],
    [
      'of that name is another machine, and one is this',
      self('a', false),
      [view('a', 'x', 'y'), view('b')],
      'b',
    ],
    [
      'of two is not known',
      self('a', false),
      [view('b'), view('c')],
      /^2 nodes .* have the ids of this machine/,
    ],
    ['is not there', self('a'), [], /^the cluster has no node a/],
    [
      'is not there, and no other is this',
      self('a', false),
      [view('b', 'x', 'y')],
      /^the cluster has no node a/,
    ],
    ['has no ids', self('a'), [view('a', null, null)], /^cannot check that node a is this machine/],
    [
      'may not be read',
      self('a'),
      null,
      /^cannot check that node a is this machine: this user may not read nodes/,
    ],
  ])('%s', (_title, here, nodes, expected) => {
    const found = nodeOfMachine(here, nodes);
    if (typeof expected === 'string') expect(found).toMatchObject({ known: true, value: expected });
    else {
      const text = expect.stringMatching(expected);
      expect(found).toMatchObject({ known: false, reason: { text } });
      expect(JSON.stringify(found)).toContain('give --node NAME or --all-nodes');
    }
  });

  test('of that name that has not reported since the boot is waited for', () => {
    expect(nodeOfMachine(self('a'), [view('a', 'x', 'm')])).toMatchObject({ waitFor: expect.any(String) });
  });
});

const now = 1_000_000_000;
test.each<
  [
    title: string,
    notReady: string | null,
    readySince: number | null,
    startedAt: number | null,
    result: string,
  ]
>([
  ['ready', null, now, null, 'ready'],
  ['not ready for long', 'down', now - 600_000, null, 'unknown'],
  ['not ready for long, but kubelet has just started', 'down', now - 600_000, now / 1000 - 5, 'wait'],
  ['not ready for a moment', 'down', now - 5000, null, 'wait'],
  ['never ready', 'down', null, null, 'wait'],
])('a node that is %s', (_title, notReady, readySince, startedAt, expected) => {
  const found = readiness('a', [{ ...view('a'), notReady, readySince }], startedAt, now);
  expect(found === null ? 'ready' : 'waitFor' in found ? 'wait' : 'unknown').toBe(expected);
});
