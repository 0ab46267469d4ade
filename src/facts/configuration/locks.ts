/** The lock files of a configuration. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { ReadError } from '../../host/host.ts';
import type { Tree } from '../../host/tree.ts';
import type { Fact } from '../fact.ts';
import type { Lock } from '../nixpkgs/locks/lock.ts';
import { parseLock } from '../nixpkgs/locks/read.ts';
import { reasonOf, type Unread } from './walk.ts';

export interface PinFile {
  /** from the directory */
  file: string;
  /** the directory whose files it is for; '' is the top */
  directory: string;
  isFlake: boolean;
  lock: Fact<Lock>;
  text: string;
}

const lockLimit = 20_000_000;

/** Files called sources.json that are no lock file are something else's. */
export async function findLocks(tree: Tree, files: string[], unread: Unread[]): Promise<PinFile[]> {
  const found: PinFile[] = [];
  for (const file of files) {
    const isFlake = path.posix.basename(file) === 'flake.lock';
    try {
      const text = await tree.readText(file, lockLimit);
      found.push({ file, directory: directoryOf(file), isFlake, lock: parseLock(text, file), text });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (isFlake || error instanceof ReadError) unread.push({ path: file, reason: reasonOf(error, file) });
    }
  }
  return found;
}

/** npins/sources.json and nix/sources.json are for the directory above. */
function directoryOf(file: string): string {
  const own = path.posix.dirname(file);
  const above = /^(?:npins|nix)$/.test(path.posix.basename(own)) ? path.posix.dirname(own) : own;
  return above === '.' ? '' : above;
}

/** The lock files that count for a file: those of the nearest directory above it that has any. */
export function locksFor(file: string, locks: readonly PinFile[]): PinFile[] {
  const isAbove = ({ directory }: PinFile): boolean => directory === '' || file.startsWith(`${directory}/`);
  const above = locks.filter(isAbove);
  const nearest = Math.max(...above.map(({ directory }) => directory.length));
  return above.filter(({ directory }) => directory.length === nearest);
}
