/** Writes generated files: all or none, each atomically, never over a file of somebody else's. */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** A directory or file that cannot be written, or must not be. Nothing was changed. */
export class WriteError extends Error {
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
      const made = await mkdir(path.dirname(file), { recursive: true });
      if (made !== undefined) undo.push(() => rm(made, { recursive: true }));
      await writeFileAtomic(file, content);
      undo.push(() => (before === null ? rm(file) : writeFileAtomic(file, before)));
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw asWriteError(error);
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
