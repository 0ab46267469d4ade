import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { MARKER, ROOT } from './layout.ts';
import { SYSTEM_PATH } from './prerequisites.ts';

/** A process, told from a later one of the same number by when it started. */
export interface ProcessId {
  pid: number;
  /** In clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  started: string;
}

/** The process of that number, or undefined where there is none (a zombie is none). */
export function identify(pid: number): ProcessId | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, in parentheses, may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || 'ZX'.includes(state) || started === undefined ? undefined : { pid, started };
}

export function isAlive(process: ProcessId | undefined): process is ProcessId {
  return process !== undefined && identify(process.pid)?.started === process.started;
}

/** The processes of the cluster that are not inside a container, the containers' shims included. */
export function marked(): ProcessId[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`)?.split('\0').includes(`${MARKER}=${ROOT}`))
    .flatMap((pid) => identify(Number(pid)) ?? []);
}

/** Sends the signal to that very process; one that has ended is no error. */
export function signal(process_: ProcessId, name: NodeJS.Signals): void {
  if (!isAlive(process_)) return;
  try {
    process.kill(process_.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Starts a component whose output goes to a log file. It has a session of its own, so that Ctrl-C at a
 * terminal reaches the starter alone and the starter ends it in order; and an environment of its own, so
 * that what a test has set does not reach it.
 * Throws where the program cannot be executed.
 */
export async function start(
  argv: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessId> {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('no program to start');
  const output = openSync(log, 'a');
  try {
    const child = spawn(file, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: SYSTEM_PATH, HOME: ROOT, [MARKER]: ROOT, ...env },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const process_ = child.pid === undefined ? undefined : identify(child.pid);
    if (process_ === undefined) throw new Error(`${file} ended at once:\n${tail(log)}`);
    return process_;
  } finally {
    closeSync(output);
  }
}

/** Ends a process: SIGTERM, and SIGKILL where that has had no effect for so long. */
export async function stop(process_: ProcessId, graceMs: number): Promise<void> {
  signal(process_, 'SIGTERM');
  for (const deadline = Date.now() + graceMs; isAlive(process_); await sleep(50)) {
    if (Date.now() > deadline) signal(process_, 'SIGKILL');
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The last lines of a log; of none, an empty string. */
export function tail(log: string, lines = 30): string {
  return (read(log) ?? '').trimEnd().split('\n').slice(-lines).join('\n');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
