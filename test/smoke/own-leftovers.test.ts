/** What the defect leaves of the run's own pod is removed, and nothing else. */
import { expect, it } from 'vitest';
import type { PodView } from '../../src/cluster/views.ts';
import { removeOwnLeftovers } from '../../src/smoke/own-leftovers.ts';
import { fakeHost } from '../helpers/fake-host.ts';

const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const at = (pod: string): string => `/var/lib/kubelet/pods/${pod}/volume-subpaths/v/c`;
const leftover = (id: number, pod: string): string =>
  `${id} 30 0:21 /812/fd/31//deleted ${at(pod)}/0 rw shared:2 - proc proc rw\n`;

interface Given {
  /** the mount table, by ms since the beginning */
  table: (ms: number) => string;
  /** whether what is unmounted stays so */
  works?: boolean;
  /** when the API has no more of the pod, in ms */
  removedAfter?: number;
}

async function remove({ table, works = true, removedAfter = 3000 }: Given) {
  const removed: string[] = [];
  const host = fakeHost({
    isRoot: true,
    run: ({ file, args }) => {
      if (file === 'mount' && args[0] === '--rbind' && works) removed.push(args[1] ?? '');
      return {};
    },
  });
  const begun = host.monotonic();
  host.readChunks = async function* () {
    const lines = table(host.monotonic() - begun).split(/(?<=\n)/);
    yield Buffer.from(lines.filter((line) => !removed.some((path) => line.includes(path))).join(''));
  };
  const pods = new Map([['own', {} as PodView]]);
  const removing = (async () => {
    while (host.monotonic() - begun < removedAfter) await new Promise((resolve) => setImmediate(resolve));
  })();
  const cleared = await removeOwnLeftovers(host, new Set(pods.keys()), removing);
  return { cleared: [...cleared], removed, seconds: (host.monotonic() - begun) / 1000 };
}

it.each<[title: string, given: Given, cleared: string[], removed: string[]]>([
  ['nothing', { table: () => parent }, [], []],
  ["another pod's", { table: () => parent + leftover(40, 'other') }, [], []],
  ['its own', { table: () => parent + leftover(40, 'own') + leftover(41, 'other') }, ['own'], [at('own')]],
  [
    'its own, which comes while it is removed',
    { table: (ms) => (ms < 2000 ? parent : parent + leftover(40, 'own')) },
    ['own'],
    [at('own')],
  ],
  ['its own, which cannot be removed', { table: () => parent + leftover(40, 'own'), works: false }, [], []],
])('%s', async (_title, given, cleared, removed) => {
  const result = await remove(given);
  expect(result).toMatchObject({ cleared, removed });
  expect(result.seconds).toBeLessThan(20);
});
