/**
 * How much longer `status` takes for eight channels than for one, where each answer takes 200 ms: nothing is
 * kept, the built program runs in a process of its own, and the shortest of the runs counts.
 * Run by itself, it prints that; the limit is a ratio of 1.3.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = path.resolve(import.meta.dirname, '..');
const answerMs = 200;
const place = 'pkgs/by-name/ut/util-linux/package.nix';

export interface StatusTimes {
  /** milliseconds */
  one: number;
  eight: number;
  ratio: number;
  /** milliseconds for eight channels of which everything is kept */
  warm: number;
}

/** @param runs of which the shortest counts */
export async function benchStatus(runs = 5): Promise<StatusTimes> {
  const file = await readFile(path.join(root, 'test/fixtures/nixpkgs/upstream-2.41.1', place));
  const server = http.createServer(({ url = '', headers }, response) => {
    setTimeout(() => {
      const revision = /^\/channels\/c(\d)\//.exec(url)?.[1]?.repeat(40);
      const etag = `"${revision}"`;
      if (revision && headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { 'content-type': 'text/plain', etag }).end(revision ?? file);
    }, answerMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cache = await mkdtemp(path.join(os.tmpdir(), 'subpathfix-bench-'));

  const once = async (channels: number, options: string[]): Promise<number> => {
    const names = Array.from({ length: channels }, (_, index) => `c${index + 1}`);
    const args = ['status', ...names, '--base-url', `${base}/channels`, '--raw-base-url', `${base}/raw`];
    const begun = performance.now();
    await execa('node', [path.join(root, 'dist/main.cjs'), ...args, ...options], {
      env: { XDG_CACHE_HOME: cache, NO_PROXY: '*' },
    });
    return performance.now() - begun;
  };
  const shortest = async (channels: number, options: string[]): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < runs; run += 1) times.push(await once(channels, options));
    return Math.min(...times);
  };
  try {
    const one = await shortest(1, ['--no-cache']);
    const eight = await shortest(8, ['--no-cache']);
    await once(8, []);
    return { one, eight, ratio: eight / one, warm: await shortest(8, []) };
  } finally {
    server.close();
    await rm(cache, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { one, eight, ratio, warm } = await benchStatus();
  const text = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
  process.stdout.write(
    `status, ${answerMs} ms an answer: 1 channel ${text(one)}, 8 channels ${text(eight)}, ratio ${ratio.toFixed(2)}; 8 kept ${text(warm)}\n`,
  );
}
