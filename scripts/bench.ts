/**
 * Compares the time of commands with a lower bound, alternating in one run, and prints medians and their ratio.
 * A ratio is meaningful on a machine whose speed drifts; a single time is not.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, '../dist/main.cjs');
const rounds = 20;

interface Timed {
  name: string;
  file: string;
  args: string[];
}

function milliseconds({ file, args }: Timed): number {
  const started = process.hrtime.bigint();
  try {
    execFileSync(file, args, { stdio: 'ignore' });
  } catch (error) {
    // check answers 1 for an affected version; only a program that did not run is an error here
    if ((error as { status?: number | null }).status == null) throw error;
  }
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param goal for the ratio to the sum of the lower bounds; none if nothing is promised */
function compare(command: Timed, beside: Timed[], goal?: number): void {
  const all = [command, ...beside].map((timed) => ({ timed, times: [] as number[] }));
  for (const { timed } of all) milliseconds(timed);
  for (let round = 0; round < rounds; round += 1) {
    for (const { timed, times } of all) times.push(milliseconds(timed));
  }
  const [own = Number.NaN, ...others] = all.map(({ times }) => median(times));
  const ratio = own / others.reduce((sum, time) => sum + time, 0);
  const names = beside.map(({ name }, index) => `${name} ${others[index]?.toFixed(1)} ms`).join(' + ');
  const aim = goal === undefined ? '' : ` (goal ${goal})`;
  process.stdout.write(`${command.name} ${own.toFixed(1)} ms; ${names}; ratio ${ratio.toFixed(2)}${aim}\n`);
}

const node: Timed = { name: 'node -e 0', file: process.execPath, args: ['-e', '0'] };
const own = (...args: string[]): Timed => ({
  name: `subpathfix ${args[0]}`,
  file: process.execPath,
  args: [program, ...args],
});

/** The mounts of the probe as a person would type them. */
const bareProbe = `
mount -t tmpfs tmpfs /sys && cd /sys && mkdir a b c && echo x >f && : >g && exec 7<f 8<a
mount -o bind /sys/a /sys/b
mount --no-canonicalize -o bind /proc/$$/fd/7 /sys/g
mount --no-canonicalize -o bind /proc/$$/fd/8 /sys/c
[ ! -L g ] && cat g`;

const scratch = mkdtempSync(path.join(os.tmpdir(), 'subpathfix-bench-'));
try {
  const inputs = ['--channel', 'nixos-25.05', '--util-linux', '2.41'];
  compare(own('--version'), [node], 1.2);
  compare(own('check', ...inputs), [node], 1.35);
  compare(own('generate', ...inputs, '--out', scratch), [node]);
  const root = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
  const shell = { name: 'bare shell', file: 'unshare', args: ['--mount', ...root, 'sh', '-c', bareProbe] };
  compare(own('probe', '--mount', '/bin/mount'), [node, shell], 1.4);
} finally {
  rmSync(scratch, { recursive: true });
}
