import { expect, it } from 'vitest';
import type { LeftoverState } from '../../src/facts/leftovers/state.ts';
import { certainlyHeld } from '../../src/verdict/leftovers.ts';

const state = (stale: boolean | null, kubeletAlive: boolean): LeftoverState => ({
  stale,
  kubeletAlive,
  mountedAt: null,
});
const gone = state(true, false);

it.each<[what: string, directories: { podUid: string; states: LeftoverState[] }[], held: string[]]>([
  ['nothing', [], []],
  ['a stale link of a kubelet that is gone', [{ podUid: 'a', states: [gone] }], ['a']],
  ['a stale link of a kubelet that runs', [{ podUid: 'a', states: [state(true, true)] }], []],
  ['a valid link', [{ podUid: 'a', states: [state(false, false)] }], []],
  ['a link that cannot be read', [{ podUid: 'a', states: [state(null, false)] }], []],
  [
    'several',
    [
      { podUid: 'b', states: [gone] },
      { podUid: 'a', states: [state(false, true), gone] },
      { podUid: 'b', states: [gone] },
    ],
    ['a', 'b'],
  ],
])('of %s it is certain that it holds a pod', (_, directories, held) => {
  expect(certainlyHeld(directories)).toEqual(held);
});
