/**
 * Compares the time of `status` for eight channels and for one, with answers that take 200 ms: nothing is cached,
 * the built program runs in its own process, and the shortest run counts. The goal is a ratio of 1.3.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const root = path.resolve(import.meta.dirname, '..');
const answerMs = 200;
const runs = 5;
const packageFile = 'test/fixtures/nixpkgs/upstream-2.41.1/pkgs/by-name/ut/util-linux/package.nix';

const file = await readFile(path.join(root, packageFile));
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

async function timed(channels: number, options: string[]): Promise<number> {
  const names = Array.from({ length: channels }, (_, index) => `c${index + 1}`);
  const args = ['status', ...names, '--base-url', `${base}/channels`, '--raw-base-url', `${base}/raw`];
  const started = performance.now();
  await execa('node', [path.join(root, 'dist/main.cjs'), ...args, ...options], {
    env: { XDG_CACHE_HOME: cache, NO_PROXY: '*' },
  });
  return performance.now() - started;
}

async function shortest(channels: number, options: string[]): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await timed(channels, options));
  return Math.min(...times);
}

try {
  const single = await shortest(1, ['--no-cache']);
  const eight = await shortest(8, ['--no-cache']);
  await timed(8, []);
  const cached = await shortest(8, []);
  const text = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
  process.stdout.write(
    `status, ${answerMs} ms an answer: 1 channel ${text(single)}, 8 channels ${text(eight)}, ratio ${(eight / single).toFixed(2)} (goal 1.3); 8 cached ${text(cached)}\n`,
  );
} finally {
  server.close();
  await rm(cache, { recursive: true, force: true });
}
