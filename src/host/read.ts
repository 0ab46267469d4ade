/**
 * Reads files on this machine, and never blocks: a FIFO, a device or a socket is refused unopened.
 * node:fs loads its promises on first use, which a command without I/O never needs.
 */
import fs from 'node:fs';
import { ReadError } from './host.ts';

const reasons: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied; run as root',
  EPERM: 'operation not permitted; run as root',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ESRCH: 'the process has ended',
};

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ReadError) throw error;
    const { code = 'EUNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
    throw new ReadError(`${path}: ${reasons[code] ?? message}`, code);
  }
}

const statOf = (path: string, follow: boolean): Promise<fs.Stats> =>
  follow ? fs.promises.stat(path) : fs.promises.lstat(path);

/**
 * A regular file, open.
 * @param follow whether its last component may be a link
 */
async function regular(path: string, follow: boolean): Promise<fs.promises.FileHandle> {
  const refuse = (): never => {
    throw new ReadError(`${path}: not a regular file`, 'EINVAL');
  };
  // Opening a device can affect it, so its type is checked first; O_NONBLOCK, as it can change in between.
  const before = await statOf(path, follow);
  if (before.isDirectory()) throw new ReadError(`${path}: ${reasons['EISDIR']}`, 'EISDIR');
  if (!before.isFile()) refuse();
  const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | (follow ? 0 : fs.constants.O_NOFOLLOW);
  const file = await fs.promises.open(path, flags);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  return refuse();
}

export async function* readChunks(path: string, follow = true): AsyncGenerator<Uint8Array> {
  await using file = await reading(path, () => regular(path, follow));
  // One for all pieces: memory outside the heap is freed late.
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    const { bytesRead } = await reading(path, () => file.read(buffer, 0, buffer.length));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Reads to the end or to the limit, without relying on the file's size (/proc says 0). */
export async function readText(path: string, limit: number, follow = true): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readChunks(path, follow)) {
    length += chunk.length;
    if (length > limit) throw new ReadError(`${path}: larger than ${limit} bytes`, 'EFBIG');
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const readHead = (path: string, bytes: number, follow = true): Promise<Buffer> =>
  reading(path, async () => {
    await using file = await regular(path, follow);
    const length = Math.min(bytes, (await file.stat()).size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0);
    return buffer.subarray(0, bytesRead);
  });

export const readLink = (path: string): Promise<string> => reading(path, () => fs.promises.readlink(path));

export const readDirectory = (path: string): Promise<string[]> =>
  reading(path, async () => (await fs.promises.readdir(path)).sort());

export const changedAt = (path: string): Promise<number> =>
  reading(path, async () => (await fs.promises.lstat(path)).mtimeMs);

export const isDirectory = (path: string, follow = true): Promise<boolean> =>
  reading(path, async () => (await statOf(path, follow)).isDirectory());

/** Synchronous: a search goes through many directories, and a promise takes longer than the lookup itself. */
export function isProgram(path: string, follow = true): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return (follow ? fs.statSync(path) : fs.lstatSync(path)).isFile();
  } catch {
    return false;
  }
}
