/** Texts kept on the disk between runs. It only saves requests: what goes wrong with it is passed over. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Host, ReadError } from './host.ts';

export interface Store {
  /** null where there is none, or none that can be read */
  get(key: StoreKey): Promise<string | null>;
  put(key: StoreKey, text: string): Promise<void>;
}

/** base: the URL that it came from, so that a mirror's answer does not pass for another's. */
interface StoreKey {
  kind: 'channels' | 'files';
  base: string;
  name: string;
}

/** ${XDG_CACHE_HOME:-~/.cache}/subpathfix; a relative XDG_CACHE_HOME counts as none, as its specification says. */
export function cacheDirectory(env: Host['env']): string {
  const given = env['XDG_CACHE_HOME'];
  const root = given && path.isAbsolute(given) ? given : path.join(env['HOME'] || os.homedir(), '.cache');
  return path.join(root, 'subpathfix');
}

/** @param directory null: nothing is kept, nothing is found */
export function diskStore(host: Host, directory: string | null): Store {
  const fileOf = ({ kind, base, name }: StoreKey, root: string): string =>
    path.join(root, kind, createHash('sha256').update(base).digest('hex').slice(0, 16), name);
  return {
    async get(key) {
      if (directory === null) return null;
      try {
        return await host.readText(fileOf(key, directory), 1_000_000);
      } catch (error) {
        if (error instanceof ReadError) return null;
        throw error;
      }
    },
    async put(key, text) {
      if (directory === null) return;
      const file = fileOf(key, directory);
      const { default: writeFileAtomic } = await import('write-file-atomic');
      try {
        await makeDirectory(path.dirname(file));
        await writeFileAtomic(file, text);
      } catch {
        // it will be asked for again
      }
    },
  };
}

/**
 * Makes a directory with those above it, for the user alone. mkdir's own `recursive` does not end in a file
 * system that answers ENOENT for a directory that is there, as /proc does.
 * @throws {NodeJS.ErrnoException}
 */
async function makeDirectory(directory: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    const parent = path.dirname(directory);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === directory) throw error;
    await makeDirectory(parent);
    await make();
  }
}

/** Whether there is such a directory, made where need be, that can be written to. */
export async function isUsable(directory: string): Promise<boolean> {
  try {
    await makeDirectory(directory);
    await access(directory, constants.W_OK);
    return (await stat(directory)).isDirectory();
  } catch {
    return false;
  }
}
