/** Writes generated files: all or none, each atomically, never over a file of somebody else's. */
import { mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** A directory or file that cannot be written, or must not be. Nothing was changed. */
class WriteError extends Error {
  override name = 'WriteError';
}

export interface Wanted {
  /** relative to the directory */
  path: string;
  content: string;
}

export interface Change extends Wanted {
  file: string;
  action: 'create' | 'update' | 'unchanged';
  before: string | null;
}

const fileLimit = 1_000_000;

/**
 * What writing would change.
 * @param ours how a file begins that this program wrote
 * @param force also over a file that it did not write
 * @throws {WriteError} for a file that is somebody else's, or that cannot be looked at
 */
export async function changes(
  directory: string,
  wanted: Wanted[],
  { ours, force }: { ours: string; force: boolean },
): Promise<Change[]> {
  return Promise.all(
    wanted.map(async ({ path: relative, content }) => {
      const file = path.join(directory, relative);
      const before = await current(file);
      if (before !== null && before !== content && !before.startsWith(ours) && !force) {
        throw new WriteError(
          `${file}: was not written by subpathfix, and is left alone. Use another --out, or --force`,
        );
      }
      const action = before === null ? 'create' : before === content ? 'unchanged' : 'update';
      return { path: relative, content, file, action, before } as const;
    }),
  );
}

async function current(file: string): Promise<string | null> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw new WriteError(`${file}: is not a regular file`);
    if (stats.size > fileLimit)
      throw new WriteError(`${file}: ${stats.size} bytes, not a file of this program`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw asWriteError(error);
  }
}

/**
 * Makes the changes. When one fails, the ones before it are taken back.
 * @throws {WriteError}
 */
export async function write(planned: Change[]): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const { file, content, action, before } of planned) {
      if (action === 'unchanged') continue;
      for (const made of await makeDirectory(path.dirname(file))) undo.push(() => rmdir(made));
      await writeFileAtomic(file, content);
      undo.push(() => (before === null ? rm(file) : writeFileAtomic(file, before)));
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw asWriteError(error);
  }
}

/**
 * Makes a directory and what is missing above it. Not by node's recursive mkdir, which never ends where the
 * kernel says ENOENT for a directory that is there, as /proc does.
 * @returns those that it made, outermost first
 */
async function makeDirectory(directory: string): Promise<string[]> {
  const made: string[] = [];
  const absolute = path.resolve(directory);
  const missing: string[] = [];
  for (let current = absolute; !(await isDirectory(current)); current = path.dirname(current))
    missing.unshift(current);
  for (const one of missing) {
    await mkdir(one);
    made.push(one);
  }
  return made;
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    if ((await stat(file)).isDirectory()) return true;
    throw new WriteError(`${file}: is not a directory; nothing was written`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function asWriteError(error: unknown): WriteError {
  if (error instanceof WriteError) return error;
  const { code, path: file, message } = error as NodeJS.ErrnoException;
  const reason =
    {
      EACCES: 'permission denied',
      EROFS: 'the file system is read-only',
      ENOSPC: 'no space is left',
      ENOTDIR: 'a part of the path is not a directory',
    }[code ?? ''] ?? message;
  return new WriteError(`${file ?? 'writing'}: ${reason}; nothing was written`);
}
