/**
 * Every command is ended at a moment that chance picks: by a signal, or by closing its terminal. It leaves nothing, and
 * a rebuild that is to be rolled back ends on the old system or on one that is proven. Of SIGKILL the next run clears up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { randomOf } from '../fuzz/random.ts';
import { root, tool } from '../helpers/tools.ts';
import { onField } from './field.ts';
import { leaveOne, prepareNode, prepareRebuilds, resetNode, systemsIn, thereIn } from './rebuildable.ts';

const kills = 200;
const ways = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'terminal'] as const;
type Way = (typeof ways)[number];

const seed = Number(process.env['SUBPATHFIX_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const program = path.join(root, 'dist/main.cjs');
const field = onField();
let PATH: string;

beforeAll(async () => {
  await prepareNode(field);
  PATH = await prepareRebuilds(field);
}, 60_000);

const rebuild = (mode: string, configuration: string, ...more: string[]): string[] => [
  ...['verify', '--rebuild', mode, '--file', field.arena.file(`${configuration}.json`), '--timeout', '5'],
  ...['--skip', 'smoke,leftovers', '--rollback', ...more],
];

/** Each command line, as often as it is to be picked. */
const commandLines = (): string[][] => [
  ['check'],
  ['probe'],
  ['verify', '--skip', 'smoke'],
  ['sweep'],
  ['sweep', '--apply', '--force'],
  ['status', '--offline'],
  ['generate', '--stdout'],
  rebuild('build', 'right'),
  ...['test', 'switch', 'boot', 'switch'].map((mode) => rebuild(mode, 'right')),
  ...['test', 'switch', 'switch'].map((mode) => rebuild(mode, 'wrong', '--skip', 'smoke,leftovers,gate')),
  rebuild('switch', 'wrong'),
];

interface Started {
  child: ChildProcess;
  ended: Promise<number | string | null>;
  said(): string;
}

function start(args: string[], way: Way): Started {
  const words = [process.execPath, program, ...args];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const through = way === 'terminal' ? [tool('script'), '--quiet', '--return', '--command', quoted, '/dev/null'] : words;
  const [file, inside] = field.arena.inside(...through);
  const env = { PATH, HOME: field.arena.directory, TERM: 'xterm', SHELL: tool('sh') };
  // A process group of its own, which is not this test's.
  const child = spawn(file, inside, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let text = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk) => void (text += chunk));
  const ended = new Promise<number | string | null>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
  return { child, ended, said: () => text };
}

/** nsenter's child: the program itself, or script. */
function inner({ pid }: ChildProcess): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]) || null;
  } catch {
    return null;
  }
}

const sendTo = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
};

/** What is there that was not; it gets some time to go. */
async function surplus(before: string[], longestMs = 5000): Promise<string[]> {
  const until = performance.now() + longestMs;
  for (;;) {
    const more = thereIn(field);
    for (const each of before) {
      const at = more.indexOf(each);
      if (at >= 0) more.splice(at, 1);
    }
    if (more.length === 0 || performance.now() > until) return more;
    await sleep(25);
  }
}

const old = { running: 'before', next: 'system-1-link' };

async function settled(): Promise<string[]> {
  await resetNode(field);
  await field.arena.run(tool('sh'), '-c', leaveOne(field));
  const kubelet = `process ${field.kubelet} 600`;
  for (let tries = 0; tries < 200 && thereIn(field).filter((each) => each === kubelet).length !== 1; tries += 1) await sleep(10);
  return thereIn(field);
}

it(`leaves nothing, killed ${kills} times at any moment`, async () => {
  const began = performance.now();
  const all = commandLines();
  const lasts: number[] = [];
  for (const args of all) {
    await settled();
    const at = performance.now();
    const { ended, said } = start(args, 'SIGINT');
    const code = await ended;
    lasts.push(performance.now() - at);
    process.stdout.write(`${args.slice(0, 5).join(' ')}: ${code} ${Math.round(lasts.at(-1) ?? 0)} ms ${said().trim().split('\n').at(-1)?.slice(0, 150)}\n`);
  }
  const problems: string[] = [];
  const counts: Record<string, number> = {};
  for (let number = 0; number < kills; number += 1) {
    const random = randomOf(seed, number);
    const which = random.below(all.length);
    const args = all[which] ?? [];
    const way = ways[number % ways.length] ?? 'SIGINT';
    const before = await settled();
    const run = start(args, way);
    await sleep(random.below(Math.ceil(lasts[which] ?? 0)));
    const pid = inner(run.child);
    if (pid !== null) sendTo(pid, way === 'terminal' ? 'SIGKILL' : way);
    const code = await run.ended;
    const what = `kill ${number}, ${way} of ${args.join(' ')}: ${code}`;
    counts[`${way} ${code}`] = (counts[`${way} ${code}`] ?? 0) + 1;
    let left = await surplus(before);
    if (way === 'SIGKILL' || way === 'terminal') {
      // What could not be said stays until somebody has read it.
      left = left.filter((file) => !/^\/run\/subpathfix(?:$|\/unsaid-output-)/.test(file));
    }
    if (way === 'SIGKILL' && left.length > 0) {
      for (const next of [['sweep', '--apply', '--force'], rebuild('build', 'right'), rebuild('test', 'right')]) await start(next, way).ended;
      left = (await surplus(before)).filter((file) => file !== '/run/subpathfix');
    }
    if (left.length > 0) problems.push(`${what}: left ${left.join(', ')}`);
    const systems = systemsIn(field);
    const isOld = systems.running === old.running && systems.next === old.next;
    const isInterrupted = code === 130 || code === 143 || (way === 'terminal' && args.includes('--rollback'));
    if (way !== 'SIGKILL' && way !== 'terminal' && isInterrupted && !isOld) problems.push(`${what}: ${JSON.stringify(systems)} ${run.said().slice(-500)}`);
    if (args.some((word) => word.endsWith('wrong.json')) && way !== 'SIGKILL' && !isOld)
      problems.push(`${what}: the defect was switched to: ${JSON.stringify(systems)} ${run.said().slice(-500)}`);
  }
  process.stdout.write(`${kills} kills, seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s: ${JSON.stringify(counts)}\n`);
  expect(problems).toEqual([]);
}, 600_000);
