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
import { type Field, onField } from './field.ts';
import { leaveOne, prepareNode, prepareRebuilds, resetNode, systemsIn, thereIn } from './rebuildable.ts';

const kills = Number(process.env['SUBPATHFIX_KILLS'] ?? 100);
const ways = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'terminal'] as const;
type Way = (typeof ways)[number];

const seed = Number(process.env['SUBPATHFIX_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const program = path.join(root, 'dist/main.cjs');
/** Each a node of its own, so that several are killed at the same time: they wait most of the time. */
const lanes = [onField(), onField(), onField(), onField()];
const paths = new Map<Field, string>();

beforeAll(async () => {
  for (const field of lanes) {
    await prepareNode(field);
    paths.set(field, await prepareRebuilds(field));
  }
}, 90_000);

const rebuild = (mode: string, file: string, ...more: string[]): string[] => [
  ...['verify', '--rebuild', mode, '--file', `${file}.json`, '--timeout', '5'],
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

function start(field: Field, args: string[], way: Way): Started {
  const words = [process.execPath, program, ...args];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const through =
    way === 'terminal' ? [tool('script'), '--quiet', '--return', '--command', quoted, '/dev/null'] : words;
  const [file, inside] = field.arena.inside(...through);
  const env = { PATH: paths.get(field), HOME: field.arena.directory, TERM: 'xterm', SHELL: tool('sh') };
  // A process group of its own, which is not this test's.
  const child = spawn(file, inside, {
    env,
    cwd: field.arena.directory,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk) => {
      text += chunk;
    });
  }
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('exit', (code, signal) => resolve(signal ?? code)),
  );
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
async function surplus(field: Field, before: string[], longestMs = 5000): Promise<string[]> {
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

async function settled(field: Field): Promise<string[]> {
  await resetNode(field);
  await field.arena.run(tool('sh'), '-c', leaveOne(field));
  const kubelet = `process ${field.kubelet} 600`;
  for (
    let tries = 0;
    tries < 200 && thereIn(field).filter((each) => each === kubelet).length !== 1;
    tries += 1
  ) {
    await sleep(10);
  }
  return thereIn(field);
}

/** @param longestMs how long the command line takes when nobody kills it */
async function killOne(
  field: Field,
  number: number,
  args: string[],
  longestMs: number,
): Promise<[ended: string, wrong: string[]]> {
  const way = ways[number % ways.length] ?? 'SIGINT';
  const before = await settled(field);
  const run = start(field, args, way);
  await sleep(randomOf(seed, number + kills).below(Math.ceil(longestMs)));
  const pid = inner(run.child);
  if (pid !== null) sendTo(pid, way === 'terminal' ? 'SIGKILL' : way);
  const code = await run.ended;
  const what = `kill ${number}, ${way} of ${args.join(' ')} (${code}):`;
  // What could not be said stays until somebody has read it.
  const unread = (file: string): boolean =>
    way === 'terminal' && /^\/run\/subpathfix(?:$|\/unsaid-output-)/.test(file);
  let left = (await surplus(field, before)).filter((file) => !unread(file));
  if (way === 'SIGKILL' && left.length > 0) {
    await start(field, args, way).ended;
    left = await surplus(field, before);
  }
  const systems = systemsIn(field);
  const isOld = systems.running === old.running && systems.next === old.next;
  const wrong = left.length > 0 ? [`${what} left ${left.join(', ')}`] : [];
  const said = `${JSON.stringify(systems)} ${run.said().slice(-500)}`;
  if (way === 'SIGKILL' || isOld) return [`${way} ${code}`, wrong];
  if (code === 130 || code === 143) wrong.push(`${what} was not rolled back: ${said}`);
  else if (args.includes('wrong.json')) wrong.push(`${what} the defect stays: ${said}`);
  return [`${way} ${code}`, wrong];
}

it(`leaves nothing, killed ${kills} times at any moment`, async () => {
  const began = performance.now();
  const all = commandLines();
  const lasts: number[] = [];
  const counts: Record<string, number> = {};
  const wrong: string[] = [];
  /** Each lane takes the next one. */
  const inLanes = async (
    count: number,
    work: (field: Field, number: number) => Promise<void>,
  ): Promise<void> => {
    let next = 0;
    const lane = async (field: Field): Promise<void> => {
      while (next < count) await work(field, next++);
    };
    await Promise.all(lanes.map(lane));
  };
  await inLanes(all.length, async (field, which) => {
    const before = await settled(field);
    const at = performance.now();
    const { ended } = start(field, all[which] ?? [], 'SIGINT');
    expect([0, 1, 3, 4], all[which]?.join(' ')).toContain(await ended);
    lasts[which] = performance.now() - at;
    expect(await surplus(field, before), all[which]?.join(' ')).toEqual([]);
  });
  await inLanes(kills, async (field, number) => {
    const which = randomOf(seed, number).below(all.length);
    const [ended, problems] = await killOne(field, number, all[which] ?? [], lasts[which] ?? 0);
    counts[ended] = (counts[ended] ?? 0) + 1;
    wrong.push(...problems);
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stdout.write(`${kills} kills in ${seconds} s, seed ${seed}: ${JSON.stringify(counts)}\n`);
  expect(wrong).toEqual([]);
}, 600_000);
