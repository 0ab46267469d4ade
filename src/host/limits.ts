/** The limits of a program that runs. */
import type { ChildProcess } from 'node:child_process';
import type { Command, RunOptions, RunResult, Stopped } from './command.ts';

interface Limits {
  stop(why: Stopped): void;
  /** Ends the watch over the program, and says how it ended. */
  end(exitCode: number | null, stopped?: Stopped): Pick<RunResult, 'exitCode' | 'stopped'>;
}

/** Stops a program at its time limit and at the signal: with what it started, where it has a group of its own. */
export function enforce(
  child: Pick<ChildProcess, 'pid' | 'kill'>,
  { mutates }: Command,
  { timeoutMs, signal, graceMs = 0 }: RunOptions,
): Limits {
  let stopped: Stopped | null = null;
  let patience: NodeJS.Timeout | undefined;
  const kill = (name: NodeJS.Signals): void => {
    try {
      if (mutates && child.pid !== undefined) process.kill(-child.pid, name);
      else child.kill(name);
    } catch {
      // it has ended meanwhile
    }
  };
  const stop = (why: Stopped): void => {
    if (stopped !== null) return;
    stopped = why;
    kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    if (graceMs > 0) patience = setTimeout(kill, graceMs, 'SIGKILL');
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
      clearTimeout(patience);
      signal?.removeEventListener('abort', aborted);
      process.off('exit', orphaned);
      stopped = why ?? stopped ?? (exitCode === null ? 'signal' : null);
      return { exitCode: stopped === null ? exitCode : null, stopped };
    },
  };
}
