/** Reads a lock file, of whichever of the known formats it is. */
import path from 'node:path';
import { UserError } from '../../../errors.ts';
import { type Host, orNull, ReadError } from '../../../host/host.ts';
import { type Fact, known, NotUnderstood, unreadable } from '../../fact.ts';
import { flakeLock } from './flake.ts';
import { fields, type Lock } from './lock.ts';
import { nivLock } from './niv.ts';
import { npinsLock } from './npins.ts';

const fileLimit = 20_000_000;

/** Each format, and where it is in a directory. */
const formats = {
  flake: { read: flakeLock, files: ['flake.lock'] },
  npins: { read: npinsLock, files: ['npins/sources.json', 'sources.json'] },
  niv: { read: nivLock, files: ['nix/sources.json', 'sources.json'] },
} as const;

export interface LockFile {
  /** the file that was read */
  file: string;
  lock: Fact<Lock>;
}

/**
 * @param given a lock file, the directory that has one, or a flake.nix beside it
 * @returns unreadable if it is a lock file that is not understood
 * @throws {UserError} when there is none, or it is something else
 */
export async function readLock(host: Host, given: string, preferred: 'flake' | 'other'): Promise<LockFile> {
  const file = await findLock(host, given, preferred);
  return { file, lock: parseLock(await host.readText(file, fileLimit), file) };
}

async function findLock(host: Host, given: string, preferred: 'flake' | 'other'): Promise<string> {
  if (path.basename(given) === 'flake.nix') return path.join(path.dirname(given), 'flake.lock');
  if (!(await host.isDirectory(given))) return given;
  const { flake, npins, niv } = formats;
  const order = preferred === 'flake' ? [flake, npins, niv] : [npins, niv, flake];
  const names = [...new Set(order.flatMap(({ files }) => [...files]))];
  for (const name of names) {
    const candidate = path.join(given, name);
    if ((await orNull(host.isDirectory(candidate), 'ENOENT')) === false) return candidate;
  }
  throw new ReadError(`${given}: has none of ${names.join(', ')}`, 'ENOENT');
}

/**
 * Pure.
 * @returns unreadable if it is a lock file that is not understood
 * @throws {UserError} when the text is no lock file
 */
export function parseLock(text: string, file: string): Fact<Lock> {
  try {
    const document = fields(JSON.parse(text.replace(/^\uFEFF/, '')));
    for (const { read } of Object.values(formats)) {
      const lock = read(document);
      if (lock) return known(lock, file);
    }
  } catch (error) {
    if (error instanceof NotUnderstood) return unreadable('not-understood', `${file}: ${error.message}`);
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${file}: not a lock file: it is not JSON`);
  }
  throw new UserError(`${file}: not a lock file of flakes, npins or niv`);
}
