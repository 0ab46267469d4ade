/** Whatever is done to a log on its way, it shows the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Published, readAll } from '../../helpers/diagnosed.ts';

const uids = ['0c0ffee0-1111-4222-8333-444455556666', '1c0ffee0-1111-4222-8333-444455556666'];

/** The messages of a mount, each on lines of its own. */
function messages(uid: string, volume: string, kind: string): string[] {
  const path = `/var/lib/kubelet/pods/${uid}/volume-subpaths/${volume}/app/0`;
  const failed = `Mounting arguments: --no-canonicalize -o bind /proc/812/fd/31 ${path}`;
  const kinds: Record<string, string[]> = {
    runtime: [`failed to generate spec: failed to mkdir "${path}": mkdir ${path}: file exists`],
    bound: [`I0605 16:46:11.665 1342 subpath_linux.go:230] bind mounting "/proc/1342/fd/54" at "${path}"`],
    words: [
      failed,
      `Output: mount: ${path}: wrong fs type, bad option, bad superblock on /proc/812/fd/31, missing codepage`,
    ],
    leftover: [failed, `Output: mount: ${path}: move_mount() failed: No such file or directory.`],
    symptom: [
      `failed to prepare subPath for volumeMount "${volume}" of container "app" pod="shop/web" podUID="${uid}"`,
    ],
    other: [`error mounting ${path}: permission denied`],
    noise: [
      `I0605 16:46:11.665 1342 reconciler.go:1] "MountVolume started" pod="shop/web" podUID="${uid}"`,
      'x'.repeat(300),
    ],
  };
  return kinds[kind] ?? [];
}

const record = fc
  .tuple(
    fc.constantFrom(...uids),
    fc.constantFrom('config', 'data'),
    fc.constantFrom('runtime', 'bound', 'words', 'leftover', 'symptom', 'other', 'noise'),
  )
  .map((each) => messages(...each));
const records = fc.array(record, { minLength: 1, maxLength: 12 });

/** What is shown, without the order of the log. */
const shown = (findings: Published[]): unknown =>
  findings
    .map(({ strength, pod, mounts, messages: count, signatures, looksLike }) => ({
      ...{ strength, count, uid: pod?.uid ?? null },
      mounts: mounts.map((each) => JSON.stringify(each)).sort(),
      signatures: signatures.map((each) => JSON.stringify(each)).sort(),
      looksLike: looksLike.toSorted(),
    }))
    .sort((left, right) => String(left.uid).localeCompare(String(right.uid)));

const inPieces = async (bytes: Buffer, cuts: readonly number[]): Promise<unknown> => {
  const at = [
    0,
    ...cuts.map((cut) => cut % (bytes.length + 1)).sort((left, right) => left - right),
    bytes.length,
  ];
  const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
  return shown((await readAll(pieces)).findings);
};
const whole = async (lines: readonly string[]): Promise<unknown> =>
  inPieces(Buffer.from(lines.join('\n')), []);

const cuts = fc.array(fc.nat(100_000), { maxLength: 30 });
const runs = { numRuns: 200 };

const quote = (line: string): string => line.replace(/[\\"]/g, '\\$&').replace(/\t/g, '\\t');

describe('a log shows the same', () => {
  it('in any pieces', () =>
    fc.assert(
      fc.asyncProperty(records, cuts, async (all, at) => {
        const lines = all.flat();
        expect(await inPieces(Buffer.from(lines.join('\n')), at)).toEqual(await whole(lines));
      }),
      runs,
    ));

  it('in single bytes, and in a window that moves on', () =>
    fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 7 }), async (all, size) => {
        const filler = `${'no message of the defect, but a line that is read '.repeat(30)}\n`.repeat(20);
        const text = Buffer.from(all.flatMap((lines) => [...lines, filler]).join('\n'));
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
          text.subarray(index * size, (index + 1) * size),
        );
        expect(shown((await readAll(pieces)).findings)).toEqual(await inPieces(text, []));
      }),
      { numRuns: 8 },
    ));

  it('in pieces most of which have nothing', () =>
    fc.assert(
      fc.asyncProperty(
        records,
        fc.integer({ min: 16_400, max: 70_000 }),
        fc.nat(40_000),
        async (all, size, shift) => {
          const filler = `${'no message of the defect, but a line that is read '.repeat(30)}\n`.repeat(40);
          const lines = all.flatMap((each) => [...each, filler]);
          const text = Buffer.from([filler.slice(0, shift), ...lines].join('\n'));
          const cuts = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => index * size);
          expect(await inPieces(text, cuts)).toEqual(await inPieces(text, []));
        },
      ),
      runs,
    ));

  it.each([['runtime', 'bound'], ['words'], ['leftover'], ['symptom'], ['other']])(
    'cut anywhere in %s, between pieces that have nothing',
    async (...kinds) => {
      const filler = `${'no message of the defect, but a line that is read '.repeat(30)}\n`.repeat(14);
      const text = kinds.flatMap((kind) => messages(uids[0] ?? '', 'config', kind)).join('\n');
      const bytes = Buffer.from(`${filler}${text}\n${filler}`);
      const right = await inPieces(bytes, []);
      expect(right).not.toEqual([]);
      for (let at = 0; at <= text.length; at += 1)
        expect([at, await inPieces(bytes, [filler.length + at])]).toEqual([at, right]);
    },
  );

  it('interleaved with another', () =>
    fc.assert(
      fc.asyncProperty(
        records,
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        async (all, turns) => {
          const lines = all.flat();
          const [left, right] = [
            lines.filter((_, index) => turns[index]),
            lines.filter((_, index) => !turns[index]),
          ];
          expect(await whole([...left, ...right])).toEqual(await whole(lines));
        },
      ),
      runs,
    ));

  it('with carriage returns, colours, bytes that are not UTF-8, quotings and prefixes', () =>
    fc.assert(
      fc.asyncProperty(
        records,
        fc.constantFrom('\n', '\r\n', '\r\r\n'),
        fc.constantFrom('', '\u001b[31m', '\u001b[0;1;39m\u001b[38;5;9m', '\u001b]8;;x\u0007'),
        fc.constantFrom('', '\u001b[0m', '\u001b[m\u001b[K'),
        fc.constantFrom(
          Buffer.alloc(0),
          Buffer.from([0xff]),
          Buffer.from([0xc3, 0x28, 0]),
          Buffer.from([0xe2, 0x82]),
        ),
        fc.nat(3),
        fc.constantFrom(
          '',
          '> ',
          'Jun 05 16:46:11 node1 k3s[7]: ',
          'n 05 16:46:11 node1 kubelet[812]: ',
          '\t',
          '2025-06-05T16:46:11Z ',
        ),
        cuts,
        async (all, newline, colour, end, bytes, depth, prefix, at) => {
          const lines = all.flat();
          const dressed = lines.map((line) => {
            let text = line;
            for (let level = 0; level < depth; level += 1)
              text = `time="2025-06-05 16:46:11" level=info msg="${quote(text)}" component=kubelet`;
            return Buffer.concat([
              Buffer.from(prefix + colour + text + end),
              Buffer.from(' '),
              bytes,
              Buffer.from(newline),
            ]);
          });
          expect(await inPieces(Buffer.concat(dressed), at)).toEqual(await whole(lines));
        },
      ),
      { numRuns: 500 },
    ));
});
