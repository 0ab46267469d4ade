/** A system that is mounted or copied to a directory, read as if that were /. None of its programs are run. */
import path from 'node:path';
import { findProgram } from './find-program.ts';
import { type Host, orNull, ReadError, StreamError, WriteError } from './host.ts';
import { HttpError } from './http-rules.ts';
import { copiedProcesses } from './processes.ts';
import * as read from './read.ts';
import { type Links, resolveLinks } from './resolve.ts';

/**
 * A host whose paths all lie in a directory. Links, absolute ones too, are followed inside it and never lead out.
 * It has no environment, and refuses what would touch this machine instead: programs, writing, the network.
 * @throws {ReadError} if there is no such directory
 */
export async function rooted(host: Pick<Host, 'now' | 'monotonic' | 'pause'>, given: string): Promise<Host> {
  if (!(await read.isDirectory(given))) throw new ReadError(`${given}: is not a directory`, 'ENOTDIR');
  const directory = await read.realPath(given);
  const reach: read.Reach = { follow: false, inside: directory };
  // Every path leads through the same few: what is there is looked up once, but for processes. What is opened is
  // checked again.
  const targets = new Map<string, Promise<string>>();
  const links: Links = {
    target: (file) => {
      const known = targets.get(file);
      if (known) return known;
      const target = read.readLink(path.join(directory, file));
      if (!file.startsWith('/proc/')) targets.set(file, target);
      target.catch(({ code }: ReadError) => code === 'EINVAL' || targets.delete(file));
      return target;
    },
    isDirectory: (file) => read.isDirectory(path.join(directory, file), reach),
  };
  const inside = async (file: string): Promise<string> =>
    path.join(directory, await resolveLinks(links, file));
  /** As inside, but a link in the last part is not followed. */
  const besideLinks = async (file: string): Promise<string> => {
    const [, above = '', name = ''] = /^(.*\/)?([^/]*)\/*$/s.exec(file) ?? [];
    return /^\.{0,2}$/.test(name) ? inside(file) : path.join(await inside(above), name);
  };
  const isProgram = async (file: string): Promise<boolean> => {
    const real = await orNull(inside(file));
    return real !== null && read.isProgram(real, reach);
  };
  const nothingWritten = async (file: string): Promise<never> => {
    throw new WriteError(`${file}: nothing is written to the system in ${directory}`);
  };
  const isDirectory = async (file: string): Promise<boolean> => read.isDirectory(await inside(file), reach);
  const readText = async (file: string, limit: number): Promise<string> =>
    read.readText(await inside(file), limit, reach);
  const name = await orNull(readText('/etc/hostname', 1000));
  return {
    hostname: name?.trim() || null,
    isRoot: process.geteuid?.() === 0,
    live: false,
    userId: process.geteuid?.() ?? 0,
    env: {},
    cwd: '/',
    pid: process.pid,
    readText,
    readHead: async (file, bytes) => read.readHead(await inside(file), bytes, reach),
    async *readChunks(file, limit) {
      yield* read.readChunks(await inside(file), reach, limit);
    },
    readInput: read.readInput,
    readLink: async (file) => read.readLink(await besideLinks(file)),
    readDirectory: async (file) => read.readDirectory(await inside(file)),
    changedAt: async (file) => read.changedAt(await besideLinks(file)),
    isDirectory,
    findProgram: (program, searchPath, cwd = '/') => findProgram(isProgram, program, searchPath, cwd),
    findTool: async () => ({ file: null, refused: [] }),
    distrust: async () => null,
    distrustProgramOf: async () => null,
    processes: async () =>
      (await orNull(isDirectory('/proc'))) === true ? copiedProcesses(await inside('/proc')) : [],
    isAlive: async (pid) => (await orNull(isDirectory(`/proc/${pid}`))) === true,
    writeText: nothingWritten,
    makeDirectory: nothingWritten,
    remove: nothingWritten,
    makeTemporary: nothingWritten,
    removeTemporary: nothingWritten,
    run: async ({ file }) => ({
      exitCode: null,
      output: `${file}: programs of the system in ${directory} are not run`,
      stopped: 'not started',
    }),
    // biome-ignore lint/correctness/useYield: it refuses
    async *stream({ file }) {
      throw new StreamError(`${file}: programs of the system in ${directory} are not run`);
    },
    request: async (url) => {
      throw new HttpError(`${url}: the system in ${directory} has no network`);
    },
    now: host.now,
    monotonic: host.monotonic,
    pause: host.pause,
  };
}
