/** Runs a program that takes long, and whose output a person wants to see while it comes. */
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { shellQuoted } from '../text/escape.ts';
import type { Command, RunLimits, RunLog, RunResult } from './command.ts';

/** How much of the end is kept, in lines: what an error message needs. */
const keptLines = 200;
/** How long a program may take to end by itself after SIGTERM, before SIGKILL. */
const graceMs = 10_000;

/**
 * @param onLine gets each line of both outputs
 * @returns how it ended, with the last lines of its output
 */
export async function runLong(
  command: Command,
  { timeoutMs, signal }: Pick<RunLimits, 'timeoutMs' | 'signal'>,
  onLine: (line: string) => void,
  log: RunLog,
): Promise<RunResult> {
  const { file, args, env, cwd } = command;
  const subprocess = execa(file, args, {
    ...(env ? { env, extendEnv: false } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { cancelSignal: signal } : {}),
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    timeout: timeoutMs,
    forceKillAfterDelay: graceMs,
  });
  const kept: string[] = [];
  const lines = createInterface({ input: subprocess.all, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    kept.push(line.slice(0, 10_000));
    if (kept.length > keptLines) kept.shift();
    onLine(line);
  });
  const result = await subprocess;
  const stopped = result.timedOut
    ? 'time'
    : result.isCanceled || result.isTerminated
      ? 'signal'
      : result.exitCode === undefined
        ? 'not started'
        : null;
  log?.(`${shellQuoted(command)}  # ${stopped ?? `exit ${result.exitCode}`}`);
  const output = stopped === 'not started' ? (result.shortMessage ?? '') : kept.join('\n');
  return { exitCode: result.exitCode ?? null, output, stopped };
}
