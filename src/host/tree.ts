/**
 * A directory of somebody's files, read as it is: no link in it is followed, and nothing outside of it is read,
 * whatever is moved or replaced meanwhile.
 */
import fs from 'node:fs';
import path from 'node:path';
import { ReadError } from './host.ts';
import { failureOf, inTime, isDirectory, liesInside, realPath } from './read.ts';

type EntryKind = 'file' | 'directory' | 'link' | 'other';

export interface Entry {
  name: string;
  kind: EntryKind;
}

/** Paths are relative to the directory; '' is the directory itself. */
export interface Tree {
  /** What is in a directory, sorted. @throws {ReadError} */
  entries(directory: string): Promise<Entry[]>;
  /** Where a link leads, and whether that is outside. @throws {ReadError} */
  target(link: string): Promise<{ target: string; outside: boolean }>;
  /**
   * The text of a regular file.
   * @param limit bytes; a larger file is refused
   * @throws {ReadError}
   */
  readText(file: string, limit: number): Promise<string>;
}

const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;

/** @throws {ReadError} if there is no such directory */
export async function openTree(given: string): Promise<Tree> {
  if (!(await isDirectory(given))) throw new ReadError(`${given}: not a directory`, 'ENOTDIR');
  const root = await realPath(given);
  const at = (relative: string): string => path.join(root, relative);
  const asking = async <T>(relative: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await inTime(at(relative), ask);
    } catch (error) {
      throw failureOf(error, relative === '' ? given : relative);
    }
  };
  return {
    entries: (directory) =>
      asking(directory, async () => {
        const found = await fs.promises.readdir(at(directory), { withFileTypes: true });
        const kinds = found.map(
          async (entry): Promise<Entry> => ({
            name: entry.name,
            kind:
              kindOf(entry) ??
              kindOf(await fs.promises.lstat(at(path.join(directory, entry.name)))) ??
              'other',
          }),
        );
        return (await Promise.all(kinds)).sort((one, other) => (one.name < other.name ? -1 : 1));
      }),
    target: (link) =>
      asking(link, async () => {
        const target = await fs.promises.readlink(at(link));
        // What it leads through in the end may be elsewhere than what it says.
        const real = await fs.promises.realpath(at(link));
        return { target, outside: real !== root && !real.startsWith(`${root}/`) };
      }),
    readText: (file, limit) =>
      asking(file, async () => {
        const handle = await fs.promises.open(at(file), flags);
        try {
          const { size } = await regular(handle);
          if (!(await liesInside(handle, root))) throw new ReadError(`${file}: was replaced`, 'EINVAL');
          if (size > limit) throw new ReadError(`${file}: larger than ${limit} bytes`, 'EFBIG');
          const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(size), 0, size, 0);
          return buffer.toString('utf8', 0, bytesRead);
        } finally {
          await handle.close();
        }
      }),
  };
}

async function regular(handle: fs.promises.FileHandle): Promise<fs.Stats> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new ReadError('not a regular file', 'EINVAL');
  return stats;
}

/** null where the file system does not say: then another call does. */
function kindOf(entry: fs.Dirent | fs.Stats): EntryKind | null {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  const isSpecial = entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
  return isSpecial ? 'other' : null;
}
