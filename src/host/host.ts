/**
 * The machine, as the rest of the program sees it: the only place that reads files and runs programs.
 * Tests give another one.
 */
import { constants } from 'node:fs';
import { access, lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import type { Command, ProcessEntry, RunLimits, RunLog, RunResult } from './command.ts';

export interface Host {
  /** effective user id 0 */
  isRoot: boolean;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /**
   * The text of a regular file, as UTF-8.
   * @param limit bytes; a larger file is refused rather than read
   * @throws {ReadError}
   */
  readText(path: string, limit: number): Promise<string>;
  /**
   * The first bytes of a regular file, whatever its size.
   * @throws {ReadError}
   */
  readHead(path: string, bytes: number): Promise<Buffer>;
  /**
   * A regular file of any size, piece by piece as it is read; a piece holds until the next is asked for.
   * @throws {ReadError} while it is iterated
   */
  readChunks(path: string): AsyncIterable<Uint8Array>;
  /** @throws {ReadError} */
  readLink(path: string): Promise<string>;
  /** The names in a directory, sorted. @throws {ReadError} */
  readDirectory(path: string): Promise<string[]>;
  /** When the path itself, not what it links to, was last changed, in ms since the epoch. @throws {ReadError} */
  changedAt(path: string): Promise<number>;
  /** The command line of every process that can be seen; one that ends meanwhile is left out. */
  processes(): Promise<ProcessEntry[]>;
  /** @throws {ReadError} when there is nothing at the path, or it cannot be looked at */
  isDirectory(path: string): Promise<boolean>;
  /** whether there is a regular file that may be executed */
  isProgram(path: string): Promise<boolean>;
  /** Runs a program; never throws for what the program does. */
  run(command: Command, limits: RunLimits): Promise<RunResult>;
  /**
   * Runs a program that takes long; only the end of its output is kept.
   * @param onLine gets each line while it comes
   */
  runLong(
    command: Command,
    limits: Pick<RunLimits, 'timeoutMs' | 'signal'>,
    onLine: (line: string) => void,
  ): Promise<RunResult>;
  /**
   * Runs a program and hands over each line of its standard output as it comes; the result's output is its
   * standard error alone. Never throws for what the program does.
   * @param limits maxBytes counts both, and bounds a single line
   */
  stream(command: Command, onLine: (line: string) => void, limits: RunLimits): Promise<RunResult>;
}

/** A file that could not be read; the message says which and why, without a stack. */
export class ReadError extends Error {
  override name = 'ReadError';
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied; run as root',
  EPERM: 'operation not permitted; run as root',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ESRCH: 'the process has ended',
};

function readError(path: string, error: unknown): ReadError {
  const { code = 'EUNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
  return new ReadError(`${path}: ${reasons[code] ?? message}`, code);
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof ReadError ? error : readError(path, error);
  }
}

/** Reads to the end or to the limit; what the file says of its own size is not relied on (/proc says 0). */
async function readText(path: string, limit: number): Promise<string> {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await file.stat();
  if (!stats.isFile()) throw new ReadError(`${path}: not a regular file`, 'EINVAL');
  const tooLarge = (): ReadError =>
    new ReadError(`${path}: more than the ${limit} bytes that are read`, 'EFBIG');
  if (stats.size > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536));
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
    length += bytesRead;
    if (length > limit) throw tooLarge();
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw new ReadError(`${path}: not a regular file`, 'EINVAL');
    // One for all pieces: memory that is not the heap's is given back late.
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw error instanceof ReadError ? error : readError(path, error);
  }
}

async function readHead(path: string, bytes: number): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await file.stat();
  if (!stats.isFile()) throw new ReadError(`${path}: not a regular file`, 'EINVAL');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, stats.size)), 0);
  return buffer.subarray(0, bytesRead);
}

/** The machine that the program runs on. */
export function localHost(log: RunLog = null): Host {
  return {
    isRoot: process.geteuid?.() === 0,
    env: process.env,
    cwd: process.cwd(),
    readText: (path, limit) => reading(path, () => readText(path, limit)),
    readHead: (path, bytes) => reading(path, () => readHead(path, bytes)),
    readChunks,
    readLink: (path) => reading(path, () => readlink(path)),
    readDirectory: (path) => reading(path, async () => (await readdir(path)).sort()),
    changedAt: (path) => reading(path, async () => (await lstat(path)).mtimeMs),
    processes: async () => (await import('./processes.ts')).processes(),
    isDirectory: (path) => reading(path, async () => (await stat(path)).isDirectory()),
    async isProgram(path) {
      try {
        await access(path, constants.X_OK);
        return (await stat(path)).isFile();
      } catch {
        return false;
      }
    },
    run: async (command, limits) => (await import('./run.ts')).run(command, limits, log),
    runLong: async (command, limits, onLine) =>
      (await import('./run-long.ts')).runLong(command, limits, onLine, log),
    stream: async (command, onLine, limits) =>
      (await import('./stream.ts')).stream(command, onLine, limits, log),
  };
}
