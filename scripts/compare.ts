/** Times commands side by side. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export const program = path.resolve(import.meta.dirname, '../dist/main.cjs');

export interface Timed {
  name: string;
  file: string;
  args: string[];
}

function milliseconds({ file, args }: Timed): number {
  const started = process.hrtime.bigint();
  try {
    // To /dev/null, grep would stop at its first match.
    execFileSync(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
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

/**
 * Alternates the command with its lower bounds, and prints medians and their ratio. A ratio is meaningful on a machine
 * whose speed drifts; a single time is not.
 * @param goal for the ratio to the sum of the lower bounds; none if nothing is promised
 */
export function compare(command: Timed, beside: Timed[], goal?: number, rounds = 20): void {
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
