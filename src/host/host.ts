/**
 * A machine, as the rest of the program sees it: the only way to read it, to run programs on it, to write files,
 * and to ask the network or the clock.
 */
import { exitCodes, UserError } from '../errors.ts';
import type { Command, ProcessEntry, RunOptions, RunResult, StreamOptions } from './command.ts';
import type { Distrust } from './distrust.ts';
import type { Answer, Request } from './http-rules.ts';
import type { Tool } from './missing.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Host {
  /** null if it cannot be determined */
  hostname: string | null;
  /** effective user id 0 */
  isRoot: boolean;
  /** false for a system in a directory: none of its programs are run, and all of it is the user's word */
  live: boolean;
  /** effective user id */
  userId: number;
  env: Environment;
  cwd: string;
  /** id of this program's own process there */
  pid: number;

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
   * A regular file, piece by piece as it is read; a piece is valid until the next one is requested.
   * @param limit bytes; a larger file is refused. Default: more than any file of a system has
   * @throws {ReadError} while it is iterated
   */
  readChunks(path: string, limit?: number): AsyncIterable<Uint8Array>;
  /** What this program gets on its standard input, until the signal. @throws {ReadError} while it is iterated */
  readInput(signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** @throws {ReadError} */
  readLink(path: string): Promise<string>;
  /** The names in a directory, sorted. @throws {ReadError} */
  readDirectory(path: string): Promise<string[]>;
  /** When the path itself, not what it links to, was last changed, in ms since the epoch. @throws {ReadError} */
  changedAt(path: string): Promise<number>;
  /** @throws {ReadError} when there is nothing at the path, or it cannot be inspected */
  isDirectory(path: string): Promise<boolean>;
  /**
   * Where a program of somebody else's PATH is, a regular file that may be executed, as execvp(3) and Go's
   * exec.LookPath find it. Whether it is trusted is another question.
   * @param searchPath an empty entry is the current directory
   * @param cwd what relative names and entries are relative to; default: the host's own
   * @returns an absolute path; null if there is none
   */
  findProgram(name: string, searchPath: string, cwd?: string): Promise<string | null>;
  /** A program that this one uses itself: the first in its own PATH that is trusted. */
  findTool(name: string): Promise<Tool>;
  /** Whether somebody could change what is at a path who is neither root nor this user; null if nobody could. */
  distrust(path: string): Promise<Distrust | null>;
  /** The same for the program that a process of this mount namespace runs. */
  distrustProgramOf(pid: number): Promise<Distrust | null>;
  /** The command line and program of every visible process, except those that end in the meantime. */
  processes(): Promise<ProcessEntry[]>;
  /** whether there is a process with this id, of whatever user */
  isAlive(pid: number): Promise<boolean>;

  /**
   * Creates or replaces a file, atomically.
   * @throws {WriteError}
   */
  writeText(path: string, text: string): Promise<void>;
  /**
   * Creates a directory and its missing parents.
   * @param mode of those that it creates
   * @returns those that it created, outermost first
   * @throws {WriteError}
   */
  makeDirectory(path: string, mode?: number): Promise<string[]>;
  /** Removes a file or an empty directory. @throws {WriteError} */
  remove(path: string): Promise<void>;
  /**
   * Creates a directory for this run alone, and removes those for the same purpose whose process has ended.
   * @throws {WriteError}
   */
  makeTemporary(purpose: string): Promise<string>;
  /** Removes such a directory and everything in it. */
  removeTemporary(directory: string): Promise<void>;

  /**
   * Runs a program to its end or to its limits; never throws for what the program does. A name without a slash is
   * looked up as findTool does.
   */
  run(command: Command, options: RunOptions): Promise<RunResult>;
  /**
   * Runs a program that only reads, and passes on its standard output piece by piece, without a limit.
   * @throws {StreamError} while it is iterated, when it ends with an error or cannot be started
   */
  stream(command: Command, options: StreamOptions): AsyncIterable<Uint8Array>;

  /**
   * @returns the answer, whatever its status, after redirects
   * @throws {HttpError} if there is none, or it is cut off
   */
  request(url: string, request: Request): Promise<Answer>;

  /** ms since the epoch */
  now(): number;
  /** ms of a monotonic clock */
  monotonic(): number;
  /** Waits until the time is up or the signal fires. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A file that could not be read; the message says which and why. */
export class ReadError extends UserError {
  constructor(
    message: string,
    /** as errno(3) names it */
    readonly code: string,
  ) {
    super(message, code === 'ETIMEDOUT' ? exitCodes.undetermined : exitCodes.usage);
  }
}

/** A program whose output could not be read to its end; the message says which and why. */
export class StreamError extends UserError {}

/** A file or directory that could not be written, or must not be. */
export class WriteError extends UserError {
  constructor(
    message: string,
    readonly code = 'EINVAL',
  ) {
    super(message);
  }
}

/**
 * What a read returns; null if it fails.
 * @param code the only error that gives null, such as ENOENT; default: any
 */
export async function orNull<T>(read: Promise<T>, code?: string): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ReadError && error.code === (code ?? error.code)) return null;
    throw error;
  }
}

/** The variables that are set, as a command takes them. */
export function definedEnv(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
