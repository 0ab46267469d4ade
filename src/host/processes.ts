/** The processes of this machine, or of a system that is mounted with its /proc (proc_pid_cmdline(5)). */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { exitCodes, UserError } from '../errors.ts';
import type { ProcessEntry } from './command.ts';

/** Enough for the options that matter; a kubelet of k0s has about 1.5 kB. */
const buffer = Buffer.alloc(32_768);

/**
 * Reads one after another, synchronously: four system calls without a thread for each are ten times as
 * fast as promises, which matters on a node with thousands of processes.
 * @throws {UserError} where there is no /proc
 */
export function processes(): ProcessEntry[] {
  // Without it, "none is running" would be a guess.
  if (!existsSync('/proc/self/cmdline')) {
    throw new UserError(
      '/proc: is not mounted, so running processes cannot be seen: mount -t proc proc /proc',
      exitCodes.undetermined,
    );
  }
  return processesIn('/proc', readdirSync('/proc').filter(isPid));
}

/** More than a node runs; each takes several system calls. */
const mostCopied = 30_000;

/**
 * Those in a directory that anybody may have made: nothing but plain files in plain directories is opened.
 * @throws {UserError} for one with too many, or with a command line that is no file
 */
export function copiedProcesses(directory: string): ProcessEntry[] {
  const names: string[] = [];
  const opened = opendirSync(directory);
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
      if (isPid(entry.name)) names.push(entry.name);
      if (names.length > mostCopied)
        throw new UserError(`${directory}: has more than ${mostCopied} processes`);
    }
  } finally {
    opened.closeSync();
  }
  return processesIn(
    directory,
    names.filter((name) => isPlain(`${directory}/${name}`)),
  );
}

const isPid = (name: string): boolean => /^[1-9]\d{0,9}$/.test(name);

/** @throws {UserError} for a command line that is something else than a file: no kernel makes one */
function isPlain(process: string): boolean {
  const file = `${process}/cmdline`;
  let found: Stats | undefined;
  try {
    found = lstatSync(process).isDirectory() ? lstatSync(file, { throwIfNoEntry: false }) : undefined;
  } catch {
    return false;
  }
  if (found && !found.isFile()) throw new UserError(`${file}: not a regular file`);
  return found !== undefined;
}

function processesIn(directory: string, names: string[]): ProcessEntry[] {
  return names.flatMap((name) => {
    const argv = commandLine(`${directory}/${name}/cmdline`);
    return argv ? [{ pid: Number(name), argv, program: programOf(`${directory}/${name}/exe`) }] : [];
  });
}

/** One that is replaced by a FIFO or a link in between is not waited for, nor followed. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** null for a process that has ended, and for a kernel thread, which has none. */
function commandLine(file: string): string[] | null {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, flags);
    const length = readSync(descriptor, buffer, 0, buffer.length, 0);
    return length === 0 ? null : splitCommandLine(buffer.toString('utf8', 0, length));
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** null for another user's process, which only root can ask. */
function programOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

/** Arguments, each ended by a NUL; a process that rewrote its title has spaces between them. */
export function splitCommandLine(text: string): string[] {
  const argv = text.replace(/\0+$/, '').split('\0');
  return argv.length === 1 ? text.replaceAll('\0', '').trim().split(' ') : argv;
}

/** Whether a process exists: the null signal (kill(2)) gives EPERM for another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
