/** A system that is mounted or copied to a directory, read as if that were /. None of its programs are run. */
import path from 'node:path';
import { findProgram } from './find-program.ts';
import { type Host, orNull, ReadError, WriteError } from './host.ts';
import { HttpError } from './http-rules.ts';
import { processes } from './processes.ts';
import * as read from './read.ts';

const mostLinks = 40;

/**
 * A host whose paths all lie in a directory. Links, absolute ones too, are followed inside it and never lead out.
 * It has no environment, and refuses what would touch this machine instead: programs, writing, the network.
 * @throws {ReadError} if there is no such directory
 */
export async function rooted(
  host: Pick<Host, 'now' | 'monotonic' | 'pause'>,
  directory: string,
): Promise<Host> {
  if (!(await read.isDirectory(directory)))
    throw new ReadError(`${directory}: is not a directory`, 'ENOTDIR');
  const inside = (file: string): Promise<string> => resolveInside(directory, file);
  const besideLinks = async (file: string): Promise<string> => {
    const { dir, base } = path.parse(path.resolve('/', file));
    return path.join(await inside(dir), base);
  };
  const isProgram = async (file: string): Promise<boolean> => {
    const real = await orNull(inside(file));
    return real !== null && read.isProgram(real, false);
  };
  const nothingWritten = async (file: string): Promise<never> => {
    throw new WriteError(`${file}: nothing is written to the system in ${directory}`);
  };
  const isDirectory = async (file: string): Promise<boolean> => read.isDirectory(await inside(file), false);
  const readText = async (file: string, limit: number): Promise<string> =>
    read.readText(await inside(file), limit, false);
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
    readHead: async (file, bytes) => read.readHead(await inside(file), bytes, false),
    async *readChunks(file) {
      yield* read.readChunks(await inside(file), false);
    },
    readLink: async (file) => read.readLink(await besideLinks(file)),
    readDirectory: async (file) => read.readDirectory(await inside(file)),
    changedAt: async (file) => read.changedAt(await besideLinks(file)),
    isDirectory,
    findProgram: (program, searchPath, cwd = '/') => findProgram(isProgram, program, searchPath, cwd),
    findTool: async () => ({ file: null, refused: [] }),
    distrust: async () => null,
    distrustProgramOf: async () => null,
    processes: async () =>
      (await orNull(isDirectory('/proc'))) === true ? processes(await inside('/proc')) : [],
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
    request: async (url) => {
      throw new HttpError(`${url}: the system in ${directory} has no network`);
    },
    now: host.now,
    monotonic: host.monotonic,
    pause: host.pause,
  };
}

/** The real path of a path inside the directory, its links followed there. What does not exist is kept unchanged. */
async function resolveInside(directory: string, file: string): Promise<string> {
  const rest = file.split('/');
  let done: string[] = [];
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      done.pop();
      continue;
    }
    const target = await orNull(read.readLink(path.join(directory, ...done, name)));
    if (target === null) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > mostLinks) throw new ReadError(`${file}: too many symbolic links`, 'ELOOP');
    if (target.startsWith('/')) done = [];
    rest.unshift(...target.split('/'));
  }
  return path.join(directory, ...done);
}
