/** A machine that is reached by ssh, as the rest of the program sees it. Nothing is written there. */
import fs from 'node:fs';
import type { Command } from '../command.ts';
import type { Distrust } from '../distrust.ts';
import { findProgram } from '../find-program.ts';
import { type Host, ReadError, StreamError, WriteError } from '../host.ts';
import { HttpError } from '../http-rules.ts';
import { pause } from '../pause.ts';
import { findTool } from '../tools.ts';
import { distrust, distrustProgramOf } from '../trust.ts';
import type { Connection } from './connection.ts';
import { remoteContents } from './contents.ts';
import { type Greeting, greetingIn, greetingLines } from './greeting.ts';
import { kindOf } from './look.ts';
import { type After, remoteRun } from './programs.ts';
import { quoted } from './quote.ts';
import { freshMs, type RemoteFiles, remoteFiles } from './remote-files.ts';
import { bad } from './sections.ts';
import { learn } from './tree.ts';

/** What a command will ask of a host, so that the first answer has it. */
export interface Foreseen {
  /** lines of the agent */
  lines: readonly string[];
  /** what the far side reads of a program's output, to have at hand what is asked for next */
  after(command: Command): After;
}

export interface RemoteHost {
  host: Host;
  /** the user that it logged in as, who became root by sudo; null for root */
  becameRootAs: string | null;
}

/** @throws {HostError} if it does not answer as it should */
export async function remoteHost(connection: Connection, foreseen: Foreseen): Promise<RemoteHost> {
  let greeting: Greeting = { pid: 0, searchPath: '', hostname: null, offsetMs: 0, user: null };
  const files = remoteFiles(connection, () => greeting.pid);
  const sections = await connection.ask([...greetingLines, ...foreseen.lines]);
  greeting = greetingIn(sections);
  learn(files.known, sections, connection.ending, performance.now());
  return { host: hostOf(files, greeting, foreseen), becameRootAs: greeting.user };
}

function hostOf(files: RemoteFiles, greeting: Greeting, { after }: Foreseen): Host {
  const { pid, searchPath, hostname, offsetMs } = greeting;
  const isProgram = async (file: string): Promise<boolean> => {
    try {
      const { entry } = await files.real(file);
      return kindOf(entry) === fs.constants.S_IFREG && (entry.mode & 0o111) !== 0;
    } catch (error) {
      if (error instanceof ReadError) return false;
      throw error;
    }
  };
  const trust = (file: string): Promise<Distrust | null> =>
    files.looking(file, (look) => distrust(file, 0, look));
  const tool = async (name: string) => {
    if (!name.includes('/')) await files.prepare(searchPath.split(':').map((entry) => `${entry}/${name}`));
    return findTool(name, searchPath, '/', trust, isProgram);
  };
  const refuseWrite = async (file: string): Promise<never> => {
    throw new WriteError(`${file}: nothing is written to a host that is reached by ssh`);
  };
  return {
    ...{ hostname, isRoot: true, live: true, userId: 0, env: { PATH: searchPath }, cwd: '/', pid },
    ...remoteContents(files),
    async *readInput() {},
    async readLink(given) {
      // Mostly of a program, whose beginning is read next.
      await files.prepare([given], (word) => `program ${word} 2`);
      const { path, entry } = await files.beside(given);
      if (kindOf(entry) !== fs.constants.S_IFLNK) throw new ReadError(`${given}: not a link`, 'EINVAL');
      return files.looking(path, () => files.target(path));
    },
    changedAt: async (path) => (await files.beside(path)).entry.mtimeMs,
    isDirectory: async (path) => kindOf((await files.real(path)).entry) === fs.constants.S_IFDIR,
    async findProgram(name, given, cwd = '/') {
      const directories = name.includes('/') ? [''] : given.split(':');
      await files.prepare(directories.map((directory) => absolute(cwd, directory, name)));
      return findProgram(isProgram, name, given, cwd);
    },
    findTool: tool,
    distrust: trust,
    distrustProgramOf: async (id) => {
      if (!files.known.running.has(id)) await files.request(`process ${id}`);
      return files.looking(`/proc/${id}/exe`, (look) => distrustProgramOf(id, 0, look));
    },
    async processes() {
      const { processes: found } = files.known;
      if (!found || performance.now() - found.at > freshMs) await files.request('processes');
      const { processes } = files.known;
      if (!processes) throw bad('no processes');
      return processes.all;
    },
    async isAlive(id) {
      const directory = `/proc/${id}`;
      if (!files.known.entries.get(directory)) {
        files.known.entries.delete(directory);
        await files.request(`look ${quoted(directory)}`);
      }
      return Boolean(files.known.entries.get(directory));
    },
    writeText: refuseWrite,
    makeDirectory: refuseWrite,
    remove: refuseWrite,
    makeTemporary: () => refuseWrite('a temporary directory'),
    removeTemporary: refuseWrite,
    run: remoteRun(files, tool, after),
    // biome-ignore lint/correctness/useYield: it refuses
    async *stream({ file }) {
      throw new StreamError(`${file}: is not followed on a host that is reached by ssh`);
    },
    request: async (url) => {
      throw new HttpError(`${url}: is not asked for from a host that is reached by ssh`);
    },
    now: () => Date.now() + offsetMs,
    monotonic: () => performance.now(),
    pause,
  };
}

const absolute = (cwd: string, directory: string, name: string): string => {
  const from = directory.startsWith('/') ? directory : `${cwd}/${directory}`;
  return name.startsWith('/') ? name : `${from}/${name}`;
};
