/**
 * Tries every parser with inputs changed at random, and systems that are affected with damaged ones. Fails if one
 * throws what it should not, takes too long, or a damaged system is called good.
 *
 * npm run fuzz -- [--seconds N | --cases N] [--seed N] [--from N]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'rolldown';
import type { Report, Work } from '../test/fuzz/worker.ts';
import { assets } from './assets.ts';

/** Of one case, until it counts as one that never ends. */
const hangMs = 20_000;
const root = path.resolve(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const from = Number(values.from);
const cases = values.cases === undefined ? Number.MAX_SAFE_INTEGER : Number(values.cases);
const seconds = Number(values.seconds ?? (values.cases === undefined ? 60 : Number.MAX_SAFE_INTEGER / 2000));
if (![seed, from, cases, seconds].every((number) => Number.isFinite(number) && number >= 0)) {
  process.stderr.write('usage: npm run fuzz -- [--seconds N | --cases N] [--seed N] [--from N]\n');
  process.exit(2);
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'subpathfix-fuzz-'));
const file = path.join(directory, 'worker.mjs');

/** @returns whether every case went well */
async function run(): Promise<boolean> {
  await build({
    input: path.join(root, 'test/fuzz/worker.ts'),
    platform: 'node',
    plugins: [assets({ copy: false })],
    checks: { eval: false },
    output: { file, format: 'esm', codeSplitting: false },
  });
  process.stdout.write(`seed ${seed}\n`);
  const progress = new SharedArrayBuffer(4);
  const work: Work = { seed, from, to: from + cases, until: Date.now() + seconds * 1000, progress };
  const worker = new Worker(file, { workerData: work, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
  let failures = 0;
  return new Promise((resolve) => {
    const end = (good: boolean): void => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve(good));
    };
    const fail = (number: number, what: string, why: string): void => {
      failures += 1;
      process.stdout.write(`failed: case ${number}, ${what}: ${why}\n`);
      process.stdout.write(`  again: npm run fuzz -- --seed ${seed} --from ${number} --cases 1\n`);
    };
    let last = -1;
    let since = Date.now();
    const watch = setInterval(() => {
      const number = Atomics.load(new Int32Array(progress), 0);
      if (number !== last) [last, since] = [number, Date.now()];
      if (Date.now() - since < hangMs) return;
      fail(number, 'whatever it is', `it did not end within ${hangMs / 1000} s`);
      end(false);
    }, 1000);
    worker.on('error', (error) => {
      fail(Atomics.load(new Int32Array(progress), 0), 'the thread ended', String(error.stack ?? error));
      end(false);
    });
    worker.on('message', (report: Report) => {
      if (report.kind === 'ended') {
        const counts = Object.entries(report.counts).map(([name, count]) => `  ${count} ${name}\n`);
        process.stdout.write(`${report.cases} cases, ${failures} failures\n${counts.join('')}`);
        return end(failures === 0);
      }
      fail(report.number, report.what, report.why);
      const kept = path.join(os.tmpdir(), `subpathfix-fuzz-${seed}-${report.number}`);
      writeFileSync(kept, Buffer.from(report.input, 'base64'));
      process.stdout.write(`  input: ${kept}\n`);
      if (failures >= 20) end(false);
    });
  });
}

const good = await run().finally(() => rmSync(directory, { recursive: true }));
process.exitCode = good ? 0 : 1;
