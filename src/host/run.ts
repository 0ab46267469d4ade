/** Runs programs that answer soon; run-long.ts those that do not, stream.ts those that are read while they run. */
import { spawn } from 'node:child_process';
import { shellQuoted } from '../text/escape.ts';
import type { Command, RunLimits, RunLog, RunResult } from './command.ts';

/** How long outputs may stay open after the program has ended: what it started may hold them. */
const outputGraceMs = 1000;

/**
 * Runs a program to its end or to its limits, and stops it with SIGKILL there. On node's own spawn: it is
 * what every probe waits for, and the library that runs the long ones takes longer to load than the mounts
 * take.
 * @returns how it ended; a program that cannot be started is a result too
 */
export function run(command: Command, limits: RunLimits, log: RunLog): Promise<RunResult> {
  const { file, args, env, cwd, input } = command;
  const started = process.hrtime.bigint();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stopped: RunResult['stopped'] = null;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...(env ? { env } : {}),
      ...(cwd === undefined ? {} : { cwd }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const stop = (why: NonNullable<RunResult['stopped']>): void => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop('time'), limits.timeoutMs);
    const aborted = (): void => stop('signal');
    if (limits.signal?.aborted) aborted();
    else limits.signal?.addEventListener('abort', aborted);
    const keep = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) stop('output');
      else chunks.push(chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    // A program that ends without reading its input is no error of ours; how it ended is told by its exit.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    const done = (exitCode: number | null): void => {
      clearTimeout(timer);
      limits.signal?.removeEventListener('abort', aborted);
      if (exitCode === null) stopped ??= 'signal';
      const ended = stopped ?? `exit ${exitCode}`;
      log?.(`${shellQuoted(command)}  # ${ended}, ${(process.hrtime.bigint() - started) / 1_000_000n} ms`);
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({ exitCode: stopped === null ? exitCode : null, output, stopped });
    };
    child.once('error', () => {
      if (child.pid !== undefined) return;
      stopped = 'not started';
      done(null);
    });
    child.once('exit', () => {
      // After a turn of the event loop, which reads what is there.
      const close = (): void => void [child.stdout?.destroy(), child.stderr?.destroy()];
      setTimeout(() => setImmediate(close), outputGraceMs).unref();
    });
    child.once('close', (exitCode) => {
      if (child.pid !== undefined) done(exitCode);
    });
  });
}
