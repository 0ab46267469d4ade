/** Writes files on this machine, each atomically. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WriteError } from './host.ts';
import { isAlive } from './processes.ts';

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'is not a directory',
};

async function writing<T>(file: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const { code = 'EUNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
    throw new WriteError(`${file}: ${reasons[code] ?? message}`, code);
  }
}

export const writeText = (file: string, text: string): Promise<void> =>
  writing(file, async () => {
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(file, text);
  });

export const makeDirectory = (directory: string, mode = 0o777): Promise<string[]> =>
  writing(directory, () => make(path.resolve(directory), mode, true));

/**
 * Not with node's recursive mkdir, which never ends if the kernel says ENOENT for a directory that exists, as in
 * /proc.
 */
async function make(directory: string, mode: number, withParents: boolean): Promise<string[]> {
  try {
    await fs.promises.mkdir(directory, { mode });
    return [directory];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It existed before, or another run created it in between.
    if (code === 'EEXIST' && (await fs.promises.stat(directory)).isDirectory()) return [];
    if (code !== 'ENOENT' || !withParents) throw error;
  }
  const above = await make(path.dirname(directory), mode, true);
  return [...above, ...(await make(directory, mode, false))];
}

export const remove = (file: string): Promise<void> =>
  writing(file, async () => {
    if ((await fs.promises.lstat(file)).isDirectory()) await fs.promises.rmdir(file);
    else await fs.promises.rm(file);
  });

/** The name says what it is for and whose process uses it. */
export const makeTemporary = (purpose: string): Promise<string> =>
  writing(os.tmpdir(), async () => {
    const prefix = `subpathfix-${purpose}-`;
    for (const name of await fs.promises.readdir(os.tmpdir())) {
      const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
      if (owner === undefined || isAlive(Number(owner))) continue;
      const abandoned = path.join(os.tmpdir(), name);
      // Anybody can use such a name; only this user's own are removed.
      if ((await fs.promises.lstat(abandoned)).uid === process.getuid?.()) await removeTemporary(abandoned);
    }
    return fs.promises.mkdtemp(path.join(os.tmpdir(), `${prefix}${process.pid}-`));
  });

export const removeTemporary = (directory: string): Promise<void> =>
  fs.promises.rm(directory, { recursive: true, force: true });
