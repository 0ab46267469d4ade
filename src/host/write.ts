/** Writes files on this machine, each atomically. */
import fs from 'node:fs';
import path from 'node:path';
import { ReadError, WriteError } from './host.ts';
import { isAlive } from './processes.ts';
import { inTime } from './read.ts';

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on device; free some, or write elsewhere',
  EDQUOT: 'your quota of disk space is used up; free some, or write elsewhere',
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'is not a directory',
  ENOTEMPTY: 'the directory is not empty',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  ENFILE: 'the machine has too many open files',
  EIO: 'the disk or its file system failed (input/output error)',
  ERR_INVALID_ARG_VALUE: 'the path contains a NUL character',
};

/** ms. A disk that is busy takes long to have it all (fsync(2)); one that is gone never does. */
const limitMs = 30_000;

export async function writing<T>(file: string, change: () => Promise<T>): Promise<T> {
  try {
    return await inTime(file, change, limitMs);
  } catch (error) {
    if (error instanceof WriteError) throw error;
    if (error instanceof ReadError) throw new WriteError(error.message, error.code);
    const { code = 'EUNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
    throw new WriteError(`${file}: ${reasons[code] ?? message}`, code);
  }
}

/**
 * A link is followed and its target replaced; owner and mode of a file that exists are kept. The new file is made
 * beside it under a name that nobody can foresee, which must not exist yet, and is flushed before it takes the
 * place of the old one.
 */
export const writeText = (file: string, text: string): Promise<void> =>
  writing(file, async () => {
    const target = await finalPath(path.resolve(file));
    const directory = path.dirname(target);
    const before = await statOrNull(target);
    if (before && !before.isFile()) {
      const code = before.isDirectory() ? 'EISDIR' : 'EINVAL';
      throw new WriteError(`${file}: ${reasons[code] ?? 'is not a regular file'}`, code);
    }
    await removeAbandonedParts(directory, path.basename(target));
    const part = path.join(directory, `${partPrefix(path.basename(target))}${process.pid}-${randomName()}`);
    try {
      await writePart(part, text, before);
      await fs.promises.rename(part, target);
    } catch (error) {
      await fs.promises.rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
    await flushDirectory(directory);
  });

/** Not of node:crypto, which takes 2 ms to load. */
const randomName = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 24);
const partPrefix = (name: string): string => `.${name.slice(0, 100)}.subpathfix-`;

async function writePart(part: string, text: string, before: fs.Stats | null): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  // A file that is to be readable by fewer is never readable by more, not even while it is written.
  const mode = before ? 0o600 : 0o666;
  const handle = await fs.promises.open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    await handle.writeFile(text);
    if (before) {
      await giveTo(handle, before);
      await handle.chmod(before.mode & 0o777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Only root can give a file away; another user who may replace it becomes its owner. */
async function giveTo(handle: fs.promises.FileHandle, { uid, gid }: fs.Stats): Promise<void> {
  const own = await handle.stat();
  if (own.uid === uid && own.gid === gid) return;
  await handle.chown(uid, gid).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPERM' || process.geteuid?.() === 0) throw error;
  });
}

/** So that the new name is on disk too; a file system that cannot do this is no reason to fail. */
async function flushDirectory(directory: string): Promise<void> {
  try {
    const handle = await fs.promises.open(directory, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // the file itself is written
  }
}

async function statOrNull(file: string): Promise<fs.Stats | null> {
  try {
    return await fs.promises.lstat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const mostLinks = 40;

/**
 * Where a file is written: its links followed. In a directory like /tmp, where everybody may put links, only one's
 * own and those of the directory's owner are followed, as the kernel does (proc(5), protected_symlinks).
 */
async function finalPath(file: string): Promise<string> {
  let current = file;
  for (let links = 0; links <= mostLinks; links += 1) {
    const directory = await fs.promises.realpath(path.dirname(current));
    current = path.join(directory, path.basename(current));
    const found = await statOrNull(current);
    if (!found?.isSymbolicLink()) return current;
    const place = await fs.promises.stat(directory);
    const isOpenToAll = (place.mode & 0o1000) !== 0 && (place.mode & 0o002) !== 0;
    if (isOpenToAll && found.uid !== process.geteuid?.() && found.uid !== place.uid) {
      throw new WriteError(`${current}: is a link of another user; remove it, or write elsewhere`, 'EACCES');
    }
    current = path.resolve(directory, await fs.promises.readlink(current));
  }
  throw new WriteError(`${file}: ${reasons['ELOOP']}`, 'ELOOP');
}

/** What a run that was killed in the middle of a write has left of this file; only this user's own. */
async function removeAbandonedParts(directory: string, name: string): Promise<void> {
  const prefix = partPrefix(name);
  try {
    for await (const { name: found } of await fs.promises.opendir(directory)) {
      if (!found.startsWith(prefix)) continue;
      const owner = Number(/^(\d+)-[0-9a-f]{24}$/.exec(found.slice(prefix.length))?.[1] ?? process.pid);
      const part = path.join(directory, found);
      if (isAlive(owner) || (await fs.promises.lstat(part)).uid !== process.geteuid?.()) continue;
      await fs.promises.rm(part);
    }
  } catch {
    // They do no harm.
  }
}

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
