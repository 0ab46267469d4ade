/**
 * Whether a file of this machine can be changed by somebody who could not become root anyway: what OpenSSH asks of
 * authorized_keys (StrictModes) and sudo of its plugins, for each component of the path.
 */
import fs from 'node:fs';
import path from 'node:path';

/** Why a path is not trusted. */
export const distrustCodes = ['missing', 'owner', 'writable', 'too-many-links', 'not-readable'] as const;

export interface Distrust {
  code: (typeof distrustCodes)[number];
  /** the first component that fails, with its links resolved */
  component: string;
  /** what is wrong with it, to follow its name */
  text: string;
}

/**
 * nix-daemon has it group-writable for its builders, and sticky; it alone moves anything to a path in it, as root
 * (Nix manual, "Multi-User Mode").
 */
const store = '/nix/store';

/** As many as Linux follows (path_resolution(7)). */
const mostLinks = 40;

const groupOrOthers = fs.constants.S_IWGRP | fs.constants.S_IWOTH;

/**
 * Resolves a path step by step, through every link, and examines each component on the way. A sticky directory is
 * no exception: what lies in it can be made by anybody under a name that is not there yet.
 * @param file absolute
 * @param uid who may own it, besides root: the user that this program runs as
 * @returns null if it is trusted
 */
export async function distrust(file: string, uid = process.geteuid?.() ?? 0): Promise<Distrust | null> {
  const rest = file.split('/');
  let at = '/';
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    // The empty name before the first slash is the root directory, which is examined too.
    if (name === '.' || (name === '' && at !== '/')) continue;
    at = name === '..' ? path.dirname(at) : path.join(at, name);
    let found: fs.Stats;
    try {
      found = await fs.promises.lstat(at);
    } catch (error) {
      return unreadable(at, error as NodeJS.ErrnoException);
    }
    const owned = wrongOwner(at, found, uid);
    if (owned) return owned;
    if (!found.isSymbolicLink()) {
      const writable = wrongMode(at, found);
      if (writable) return writable;
      continue;
    }
    links += 1;
    if (links > mostLinks) return { code: 'too-many-links', component: at, text: 'too many symbolic links' };
    const target = await fs.promises.readlink(at).catch((error: NodeJS.ErrnoException) => error);
    if (typeof target !== 'string') return unreadable(at, target);
    at = target.startsWith('/') ? '/' : path.dirname(at);
    rest.unshift(...target.split('/'));
  }
  return null;
}

const unreadable = (component: string, { code, message }: NodeJS.ErrnoException): Distrust =>
  code === 'ENOENT' || code === 'ENOTDIR'
    ? { code: 'missing', component, text: 'does not exist' }
    : { code: 'not-readable', component, text: `cannot be examined (${code ?? message})` };

function wrongOwner(component: string, { uid: owner }: fs.Stats, uid: number): Distrust | null {
  if (owner === 0 || owner === uid) return null;
  return { code: 'owner', component, text: `belongs to user ${owner}` };
}

function wrongMode(component: string, { mode, uid }: fs.Stats): Distrust | null {
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

/** As a sentence, for a person. */
export const distrustText = (file: string, { component, text }: Distrust): string =>
  component === file ? `${file} ${text}` : `${file} is not trusted: ${component} ${text}`;
