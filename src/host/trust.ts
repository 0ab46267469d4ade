/**
 * Whether a file of this machine can be changed by somebody who could not become root anyway: what OpenSSH asks of
 * authorized_keys (StrictModes) and sudo of its plugins, for each component of the path.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Distrust } from './distrust.ts';

/**
 * nix-daemon has it group-writable for its builders, and sticky; it alone moves anything to a path in it, as root
 * (Nix manual, "Multi-User Mode").
 */
const store = '/nix/store';

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** What is asked of a file: its owner and mode, and where a link leads. Each throws as node:fs does. */
export interface Look {
  lstat(path: string): Owned;
  readlink(path: string): string;
  /** links followed; of /proc/PID/exe the program itself */
  stat(path: string): Owned & Pick<fs.Stats, 'dev' | 'ino'>;
}

/** Thrown by a look that has to ask first; it passes through. */
export class NotAsked extends Error {
  constructor(readonly path: string) {
    super(`${path}: not asked yet`);
  }
}

type Owned = Pick<fs.Stats, 'uid' | 'mode'>;

const here: Look = { lstat: fs.lstatSync, readlink: fs.readlinkSync, stat: fs.statSync };

const isLink = ({ mode }: Owned): boolean => (mode & fs.constants.S_IFMT) === fs.constants.S_IFLNK;

const groupOrOthers = fs.constants.S_IWGRP | fs.constants.S_IWOTH;

/**
 * Resolves a path step by step, through every link, and examines each component on the way. Synchronous: a system call
 * takes less time than a promise. A sticky directory is
 * no exception: what lies in it can be made by anybody under a name that is not there yet.
 * @param file absolute
 * @param uid who may own it, besides root: the user that this program runs as
 * @param look where it is asked; default: this machine
 * @returns null if it is trusted
 */
export function distrust(file: string, uid: number, look: Look = here): Distrust | null {
  const rest = file.split('/');
  let at = '/';
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    // The empty name before the first slash is the root directory, which is examined too.
    if (name === '.' || (name === '' && at !== '/')) continue;
    at = name === '..' ? path.dirname(at) : path.join(at, name);
    let found: Owned;
    try {
      found = look.lstat(at);
    } catch (error) {
      return unreadable(at, error);
    }
    const owned = wrongOwner(at, found, uid);
    if (owned) return owned;
    if (!isLink(found)) {
      const writable = wrongMode(at, found);
      if (writable) return writable;
      continue;
    }
    links += 1;
    if (links > mostLinks) return { code: 'too-many-links', component: at, text: 'too many symbolic links' };
    let target: string;
    try {
      target = look.readlink(at);
    } catch (error) {
      return unreadable(at, error);
    }
    at = target.startsWith('/') ? '/' : path.dirname(at);
    rest.unshift(...target.split('/'));
  }
  return null;
}

/**
 * The same for the program that a process runs, by what /proc/PID/exe opens: that is the program itself, whatever its
 * path names by now. A program that was deleted, as an upgrade does it, has only its owner, its mode and the directory
 * that it was in.
 * @param pid of a process in this mount namespace
 */
export function distrustProgramOf(pid: number, uid: number, look: Look = here): Distrust | null {
  const link = `/proc/${pid}/exe`;
  let file = link;
  try {
    file = look.readlink(link);
    const runs = look.stat(link);
    const wrong = wrongOwner(file, runs, uid) ?? wrongMode(file, runs);
    if (wrong) return wrong;
    if (file.endsWith(deletedSuffix) && !exists(file, look))
      return distrust(path.dirname(file.slice(0, -deletedSuffix.length)), uid, look);
    const found = distrust(file, uid, look);
    if (found) return found;
    const named = look.stat(file);
    if (named.dev === runs.dev && named.ino === runs.ino) return null;
  } catch (error) {
    return unreadable(file, error);
  }
  return { code: 'replaced', component: file, text: 'is not the program that the process runs' };
}

/** What the kernel adds to the name of a program that was deleted (proc_pid_exe(5)). */
const deletedSuffix = ' (deleted)';

function exists(file: string, look: Look): boolean {
  try {
    look.stat(file);
    return true;
  } catch (error) {
    if (error instanceof NotAsked) throw error;
    return false;
  }
}

function unreadable(component: string, error: unknown): Distrust {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof NotAsked) throw error;
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? { code: 'missing', component, text: 'does not exist' }
    : { code: 'not-readable', component, text: `cannot be examined (${code ?? message})` };
}

function wrongOwner(component: string, { uid: owner }: Owned, uid: number): Distrust | null {
  if (owner === 0 || owner === uid) return null;
  return { code: 'owner', component, text: `belongs to user ${owner}` };
}

function wrongMode(component: string, { mode, uid }: Owned): Distrust | null {
  if ((mode & groupOrOthers) === 0) return null;
  const sticky = (mode & 0o1000) !== 0;
  if (component === store && uid === 0 && sticky && (mode & fs.constants.S_IWOTH) === 0) return null;
  const who = mode & fs.constants.S_IWOTH ? 'everybody' : 'its group';
  return {
    code: 'writable',
    component,
    text: `can be written by ${who} (mode ${(mode & 0o7777).toString(8)})`,
  };
}
