/** Packed logs and support bundles: read in memory, whatever is in them. */
import { Buffer } from 'node:buffer';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { localHost } from '../../../src/host/local.ts';
import { readAll, summary } from '../../helpers/diagnosed.ts';
import { scratchDirectory, tool } from '../../helpers/tools.ts';

const uid = '0c0ffee0-1111-4222-8333-444455556666';
const at = `/var/lib/kubelet/pods/${uid}/volume-subpaths/config/app/0`;
const line = `failed to generate spec: failed to mkdir "${at}": mkdir ${at}: file exists\n`;
const found = [`likely ${uid} app/config/0`];
const filler = 'nothing of interest\n'.repeat(20_000);

const scratch = await scratchDirectory();
const host = localHost();

/** A directory with logs, as a support bundle has it. */
function bundle(): string {
  const directory = path.join(scratch, 'bundle');
  mkdirSync(path.join(directory, 'node/logs'), { recursive: true });
  writeFileSync(path.join(directory, 'node/logs/kubelet.log'), filler + line + filler);
  writeFileSync(path.join(directory, 'node/logs/kubelet.log.1.gz'), gzipSync(line));
  writeFileSync(path.join(directory, 'node/info'), 'x');
  return directory;
}

async function packed(program: string, args: string[], input?: string): Promise<Buffer> {
  const options = { cwd: scratch, encoding: 'buffer', ...(input === undefined ? {} : { input }) } as const;
  return Buffer.from((await execa(tool(program), args, options)).stdout);
}

/** What it shows, however it is cut. */
async function shown(
  bytes: Buffer,
): Promise<{ summaries: string[]; names: string[]; damage: (string | null)[]; messages: number[] }> {
  const size = 1000;
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const { findings, logs } = await readAll(pieces, { host });
  expect((await readAll([bytes], { host })).findings).toEqual(findings);
  return {
    summaries: findings.map(summary),
    names: logs.map(({ name }) => name),
    damage: logs.map(({ damage }) => damage),
    messages: findings.map(({ messages }) => messages),
  };
}

describe('a packed log', () => {
  it.each<[kind: string, bytes: () => Promise<Buffer> | Buffer, messages: number]>([
    ['gzip', () => gzipSync(filler + line), 1],
    ['gzip of two members', () => Buffer.concat([gzipSync(line), gzipSync(line)]), 2],
    ['zstd', () => packed('zstd', ['-cq'], filler + line), 1],
    [
      'zstd of two frames',
      async () => Buffer.concat([await packed('zstd', ['-cq'], line), await packed('zstd', ['-cq'], line)]),
      2,
    ],
    ['gzip in zstd', () => packed('sh', ['-c', 'gzip | zstd -cq'], line), 1],
    ['tar', () => packed('tar', ['-cC', bundle(), '.']), 2],
    [
      'tar of the GNU kind with a long name',
      () => packed('tar', ['--format=gnu', `--transform=s,^,${'long/'.repeat(40)},`, '-cC', bundle(), '.']),
      2,
    ],
    ['tar with PAX headers', () => packed('tar', ['--format=pax', '-cC', bundle(), '.']), 2],
    ['tar.gz', () => packed('tar', ['-czC', bundle(), '.']), 2],
    ['tar.zst', () => packed('tar', ['-cC', bundle(), '--zstd', '.']), 2],
    [
      'zip',
      () =>
        Buffer.from(
          zipSync({ 'a/kubelet.log': strToU8(filler + line), b: strToU8(line), 'c.gz': gzipSync(line) }),
        ),
      3,
    ],
    [
      'zip that is not compressed',
      () => Buffer.from(zipSync({ a: strToU8(filler + line) }, { level: 0 })),
      1,
    ],
    [
      'tar in zip',
      async () => Buffer.from(zipSync({ 'b.tar': await packed('tar', ['-cC', bundle(), '.']) })),
      2,
    ],
  ])('as %s', async (_, bytes, messages) => {
    const { summaries, damage, messages: counted } = await shown(await bytes());
    expect(summaries).toEqual(found);
    expect(counted).toEqual([messages]);
    expect(damage.every((each) => each === null)).toBe(true);
  });

  it('has the names of its entries, and writes none of them', async () => {
    const before = readdirSync(scratch);
    const evil = Buffer.from(zipSync({ '../../../../tmp/evil': strToU8(line), '/etc/passwd': strToU8('x') }));
    const { summaries, names } = await shown(evil);
    expect(summaries).toEqual(found);
    expect(names).toEqual(['log: ../../../../tmp/evil', 'log: /etc/passwd']);
    expect(readdirSync(scratch)).toEqual(before);
  });

  it.each<[kind: string, bytes: () => Promise<Buffer> | Buffer]>([
    ['gzip', () => gzipSync(line + Math.random().toString(36).repeat(20_000))],
    ['zstd', () => packed('zstd', ['-cq', '-1'], line + filler)],
    ['tar', () => packed('tar', ['-cC', bundle(), 'node/logs/kubelet.log'])],
    ['zip', () => Buffer.from(zipSync({ a: strToU8(line + filler) }, { level: 0 }))],
  ])('that is a %s cut off tells so, and what it had', async (_, bytes) => {
    const whole = await bytes();
    const { logs } = await readAll([whole.subarray(0, Math.floor(whole.length * 0.9))], { host });
    expect(logs.some(({ damage }) => damage !== null)).toBe(true);
    const { findings } = await readAll([whole], { host });
    expect(findings).toHaveLength(1);
  });

  it.each<[kind: string, head: number[]]>([
    ['gzip', [0x1f, 0x8b]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['zip', [0x50, 0x4b, 3, 4]],
  ])('that only begins like %s is damaged, not an error', async (_, head) => {
    const { findings, logs } = await readAll([Buffer.from([...head, ...Buffer.from(filler)])], { host });
    expect(findings).toEqual([]);
    expect(logs.some(({ damage }) => damage !== null)).toBe(true);
  });

  it('in itself is not followed for ever', async () => {
    let bytes: Buffer = Buffer.from(line);
    for (let depth = 0; depth < 6; depth += 1) bytes = gzipSync(bytes);
    const { findings, logs } = await readAll([bytes], { host });
    expect(findings).toEqual([]);
    expect(logs).toMatchObject([{ damage: 'it is packed more than 4 times' }]);
  });

  it('of zstd needs the program where Node.js has no decoder', async () => {
    const nothing = {
      ...host,
      stream: () => host.stream({ file: 'no-such-zstd', args: [], mutates: false }, {}),
    };
    const { logs } = await readAll([await packed('zstd', ['-cq'], line)], { host: nothing });
    if ('createZstdDecompress' in (await import('node:zlib'))) expect(logs).toMatchObject([{ damage: null }]);
    else expect(logs[0]?.damage).toMatch(/not in PATH; install zstd, or use Node\.js 22\.15 or newer$/);
  });
});
