/** How long a sweep looks before it says that there is nothing. */
import { expect, it } from 'vitest';
import { type KubeletMount, lookForLeftovers } from '../../../src/commands/sweep-looking.ts';
import { known, unknown, unreadable } from '../../../src/facts/fact.ts';
import { fakeHost } from '../../helpers/fake-host.ts';

const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const at = '/var/lib/kubelet/pods/u1/volume-subpaths/v/c/0';
const left = `40 30 0:21 /812/fd/31//deleted ${at} rw shared:2 - proc proc rw\n`;
const affected = known('affected', 'tested') as KubeletMount;

it.each<
  [title: string, mount: KubeletMount, appearsAt: number, found: number, seconds: number, notes: string[]]
>([
  ['there at once', affected, 0, 1, 0, []],
  ['there at once, with a good mount', known('fixed', 'tested'), 0, 1, 0, []],
  ['a good mount', known('fixed', 'tested'), 5000, 0, 0, []],
  ['no kubelet', unknown('no-kubelet', 'none'), 5000, 0, 0, []],
  ['a kubelet elsewhere', unreadable('other-namespace', 'elsewhere'), 5000, 0, 0, ['kubelet-not-known']],
  ['back after 5 s', affected, 5000, 1, 5, []],
  ['back after 14 s', affected, 14_000, 1, 14, []],
  ['never back', affected, Number.POSITIVE_INFINITY, 0, 20, ['kubelet-still-affected']],
])('%s', async (_title, mount, appearsAt, found, seconds, notes) => {
  const host = fakeHost();
  const begun = host.monotonic();
  host.readChunks = async function* () {
    yield Buffer.from(host.monotonic() - begun >= appearsAt ? parent + left : parent);
  };
  const said: string[] = [];
  const never = new AbortController().signal;
  const looked = await lookForLeftovers(
    host,
    '/proc/self/mountinfo',
    async () => mount,
    never,
    (line) => said.push(line),
  );
  expect(looked.found.directories).toHaveLength(found);
  expect(looked.notes.map(({ code }) => code)).toEqual(notes);
  expect((host.monotonic() - begun) / 1000).toBe(seconds);
  expect(said).toHaveLength(seconds > 0 ? 1 : 0);
});

it('ends with the signal', async () => {
  const host = fakeHost({ files: { '/proc/self/mountinfo': parent } });
  const begun = host.monotonic();
  await lookForLeftovers(
    host,
    '/proc/self/mountinfo',
    async () => affected,
    AbortSignal.abort(),
    () => {},
  );
  expect(host.monotonic() - begun).toBeLessThan(2000);
});
