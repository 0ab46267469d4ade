/**
 * Reads files on this machine, and never blocks: a FIFO, a device or a socket is refused unopened.
 * node:fs loads its promises on first use, which a command without I/O never needs.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { ReadError } from './host.ts';
import { freeing } from './memory.ts';

const reasons: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied; run as root',
  EPERM: 'operation not permitted; run as root',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ESRCH: 'the process has ended',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  ENFILE: 'the machine has too many open files',
  ENOMEM: 'the machine is out of memory',
  EIO: 'the disk or its file system failed (input/output error)',
  ERR_INVALID_ARG_VALUE: 'the path contains a NUL character',
};

/** A directory with more names, or a stream of more bytes, is refused: nothing that is read here comes near them. */
const mostNames = 100_000;
const mostBytes = 256 * 1024 * 1024;

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await inTime(path, read);
  } catch (error) {
    throw failureOf(error, path);
  }
}

/** What to say of an error of node:fs. @param path as people know it */
export function failureOf(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  const { code = 'EUNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
  return new ReadError(`${path}: ${reasons[code] ?? message}`, code);
}

/**
 * ms. What is read here is small: a disk that is only slow answers in less, a network file system whose server is gone
 * never does.
 */
const limitMs = 5_000;
/** Each keeps one of the 4 threads that node reads with, for good. */
const mostHanging = 3;

const hanging = new Set<string>();

/** The paths that have not answered yet, beyond their time: this process cannot end in order while there is one. */
export const hangingReads = (): string[] => [...hanging];

/** The directory that a path lies in; of one directly below / the path itself, as all others are beside it. */
const beside = (path: string): string => (dirname(path) === '/' ? path : dirname(path));

const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);

/**
 * What lies beside one that hangs is not tried again.
 * @param limit ms
 * @throws {ReadError} ETIMEDOUT where a file system does not answer in time
 */
export async function inTime<T>(path: string, ask: () => Promise<T>, limit = limitMs): Promise<T> {
  const late = (): ReadError =>
    new ReadError(
      `${path}: no answer within ${limit / 1000} s: is its disk or its file server gone? (grep ' nfs\\| fuse' /proc/mounts)`,
      'ETIMEDOUT',
    );
  const isBeside = (other: string): boolean => isWithin(path, beside(other));
  if (hanging.size >= mostHanging || hangingReads().some(isBeside)) throw late();
  let timer: NodeJS.Timeout | undefined;
  const answer = ask();
  const overdue = new Promise<never>((_, reject) => {
    const giveUp = (): void => {
      hanging.add(path);
      answer.finally(() => hanging.delete(path)).catch(() => undefined);
      reject(late());
    };
    // After a machine or a process that was stopped, the answer may be there already: it is taken first.
    timer = setTimeout(() => setImmediate(setImmediate, giveUp), limit);
  });
  try {
    return await Promise.race([answer, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns once the file system of a path, and all that its links lead through, has answered, whatever it says.
 * @throws {ReadError} where it does not in time
 */
export const untilAnswered = (path: string): Promise<void> =>
  inTime(path, () =>
    fs.promises.stat(path).then(
      () => undefined,
      () => undefined,
    ),
  );

/** Whether it has done so in time. */
export const answers = (path: string): Promise<boolean> =>
  untilAnswered(path).then(
    () => true,
    () => false,
  );

/** How far a path may lead. */
export interface Reach {
  /** whether the last part may be a link; default: yes */
  follow?: boolean;
  /** the real path of a directory that it must not lead out of, whatever is moved or replaced meanwhile */
  inside?: string;
}

const statOf = (path: string, { follow = true }: Reach): Promise<fs.Stats> =>
  follow ? fs.promises.stat(path) : fs.promises.lstat(path);

/** Whether an open file lies in the directory: the kernel names it (proc_pid_fd(5)). */
export async function liesInside(file: fs.promises.FileHandle, directory: string): Promise<boolean> {
  if (process.platform !== 'linux' || directory === '/') return true;
  const name = await fs.promises.readlink(`/proc/self/fd/${file.fd}`);
  return name.startsWith(`${directory}/`);
}

/** A regular file, open. */
async function regular(path: string, reach: Reach): Promise<fs.promises.FileHandle> {
  const { follow = true, inside = '/' } = reach;
  const refuse = (): never => {
    throw new ReadError(`${path}: not a regular file`, 'EINVAL');
  };
  // Opening a device can affect it, so its type is checked first; O_NONBLOCK, as it can change in between.
  const before = await statOf(path, reach);
  if (before.isDirectory()) throw new ReadError(`${path}: ${reasons['EISDIR']}`, 'EISDIR');
  if (!before.isFile()) refuse();
  const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | (follow ? 0 : fs.constants.O_NOFOLLOW);
  const file = await fs.promises.open(path, flags);
  try {
    if ((await file.stat()).isFile() && (await liesInside(file, inside))) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return refuse();
}

/** What is read is searched while the next piece is on its way; larger ones than these take memory and no less time. */
const pieceBytes = 1 << 19;
const firstBytes = 1 << 16;

export async function* readChunks(
  path: string,
  reach: Reach = {},
  limit = mostBytes,
): AsyncGenerator<Uint8Array> {
  const file = await reading(path, () => regular(path, reach));
  try {
    yield* pieces(path, file, limit);
  } finally {
    // A file system that hangs does so here, too; what has been read of it stands.
    await inTime(path, () => file.close()).catch(() => undefined);
  }
}

async function* pieces(
  path: string,
  file: fs.promises.FileHandle,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  const tooLong = (): never => {
    throw new ReadError(`${path}: larger than ${limit} bytes`, 'EFBIG');
  };
  // /proc says 0 of everything; another size is true.
  const { size } = await reading(path, () => file.stat());
  if (size > limit) tooLong();
  // Two for all pieces: memory outside the heap is freed late.
  const bytes = size > firstBytes ? pieceBytes : firstBytes;
  const [one, other] = [Buffer.alloc(bytes), Buffer.alloc(bytes)];
  const read = (buffer: Buffer) => {
    const answer = reading(path, () => file.read(buffer, 0, buffer.length));
    // It may fail while the piece before it is still in use: it is said when its turn comes.
    answer.catch(() => undefined);
    return answer;
  };
  let [into, next] = [one, other];
  let pending = read(into);
  try {
    for (;;) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      length += bytesRead;
      if (length > limit) tooLong();
      const piece = into.subarray(0, bytesRead);
      [into, next] = [next, into];
      pending = read(into);
      yield piece;
    }
  } finally {
    // The file is closed when nothing reads it any more.
    await pending.catch(() => undefined);
  }
}

/** Reads to the end or to the limit, without relying on the file's size (/proc says 0). */
export async function readText(path: string, limit: number, reach: Reach = {}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(path, reach, limit)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Standard input; a terminal, a pipe or a file. Nobody knows when more of it comes: the signal ends it. */
export async function* readInput(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const end = (): void => void process.stdin.destroy();
  if (signal.aborted) return end();
  signal.addEventListener('abort', end, { once: true });
  try {
    yield* freeing(process.stdin);
  } catch (error) {
    if (signal.aborted) return;
    const { code = 'EUNKNOWN', message } = error as NodeJS.ErrnoException;
    throw new ReadError(`standard input: ${reasons[code] ?? message}`, code);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

export const readHead = (path: string, bytes: number, reach: Reach = {}): Promise<Buffer> =>
  reading(path, async () => {
    await using file = await regular(path, reach);
    const length = Math.min(bytes, (await file.stat()).size);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0);
    return buffer.subarray(0, bytesRead);
  });

export const readLink = (path: string): Promise<string> => reading(path, () => fs.promises.readlink(path));

export const realPath = (path: string): Promise<string> => reading(path, () => fs.promises.realpath(path));

/** @throws {UserError} for one with too many names: what is among them is not known, so it is not skipped */
export const readDirectory = (path: string): Promise<string[]> =>
  reading(path, async () => {
    const names: string[] = [];
    for await (const { name } of await fs.promises.opendir(path, { bufferSize: 256 })) {
      names.push(name);
      if (names.length > mostNames) throw new UserError(`${path}: has more than ${mostNames} entries`);
    }
    return names.sort();
  });

export const changedAt = (path: string): Promise<number> =>
  reading(path, async () => (await fs.promises.lstat(path)).mtimeMs);

export const isDirectory = (path: string, reach: Reach = {}): Promise<boolean> =>
  reading(path, async () => (await statOf(path, reach)).isDirectory());

/** Synchronous: a search goes through many directories, and a promise takes longer than the lookup itself. */
export function isProgram(path: string, { follow = true }: Reach = {}): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return (follow ? fs.statSync(path) : fs.lstatSync(path)).isFile();
  } catch {
    return false;
  }
}
