/** The limits of a running program. */
import type { ChildProcess } from 'node:child_process';
import type { Command, RunOptions, RunResult, Stopped } from './command.ts';

interface Limits {
  stop(why: Stopped): void;
  /** Stops enforcing the limits. @returns how the program ended */
  end(exitCode: number | null, stopped?: Stopped): Pick<RunResult, 'exitCode' | 'stopped'>;
}

/** Stops a program at its time limit or the signal: with its children, if it has its own process group. */
export function enforce(
  child: Pick<ChildProcess, 'pid' | 'kill'>,
  { mutates }: Command,
  { timeoutMs, signal, graceMs = 0 }: RunOptions,
): Limits {
  let stopped: Stopped | null = null;
  let killTimer: NodeJS.Timeout | undefined;
  const kill = (name: NodeJS.Signals): void => {
    try {
      if (mutates && child.pid !== undefined) process.kill(-child.pid, name);
      else child.kill(name);
    } catch {
      // it has already ended
    }
  };
  const stop = (why: Stopped): void => {
    if (stopped !== null) return;
    stopped = why;
    kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    if (graceMs > 0) killTimer = setTimeout(kill, graceMs, 'SIGKILL');
  };
  const timer = setTimeout(stop, timeoutMs, 'time');
  const aborted = (): void => stop('signal');
  // What changes something outlives this program: it must not be cut off in the middle.
  const orphaned = (): void => kill('SIGTERM');
  if (!mutates) process.once('exit', orphaned);
  if (signal?.aborted) aborted();
  else signal?.addEventListener('abort', aborted);
  return {
    stop,
    end(exitCode, why) {
      clearTimeout(timer);
      clearTimeout(killTimer);
      signal?.removeEventListener('abort', aborted);
      process.off('exit', orphaned);
      stopped = why ?? stopped ?? (exitCode === null ? 'signal' : null);
      return { exitCode: stopped === null ? exitCode : null, stopped };
    },
  };
}
