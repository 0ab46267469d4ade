import { expect, it } from 'vitest';
import { certainlyHeld } from '../../src/verdict/leftovers.ts';

const leftover = (pid: number, deleted: boolean) => ({
  id: 1,
  mountPoint: '/x',
  index: 0,
  fd: 3,
  pid,
  deleted,
});
const directory = (podUid: string, ...leftovers: ReturnType<typeof leftover>[]) => ({ podUid, leftovers });

it.each<[what: string, directories: ReturnType<typeof directory>[], kubelet: number | null, held: string[]]>([
  ['nothing', [], 7, []],
  ['a stale link of an earlier kubelet', [directory('a', leftover(6, true))], 7, ['a']],
  ['a stale link without a kubelet', [directory('a', leftover(6, true))], null, ['a']],
  ['a valid link of an earlier kubelet', [directory('a', leftover(6, false))], 7, []],
  ['a stale link of the kubelet that runs', [directory('a', leftover(7, true))], 7, []],
  [
    'two directories of a pod',
    [
      directory('b', leftover(6, true)),
      directory('a', leftover(7, true), leftover(6, true)),
      directory('b', leftover(6, true)),
    ],
    7,
    ['a', 'b'],
  ],
])('of %s it is certain that it holds a pod', (_, directories, kubelet, held) => {
  expect(certainlyHeld(directories, kubelet)).toEqual(held);
});
