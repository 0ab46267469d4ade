/** The machine that the program runs on. */
import os from 'node:os';
import type { Distrust } from './distrust.ts';
import { findProgram } from './find-program.ts';
import { type Environment, type Host, StreamError } from './host.ts';
import { missingText, notStarted, type Tool } from './missing.ts';
import { pause } from './pause.ts';
import { isAlive, processes } from './processes.ts';
import * as read from './read.ts';
import { makeTemporary, removeTemporary } from './temporary.ts';
import { findTool } from './tools.ts';
import { distrust, distrustProgramOf } from './trust.ts';
import { makeDirectory, remove, writeText } from './write.ts';

/** @param env what it takes for its own environment */
export function localHost(env: Environment = process.env): Host {
  const cwd = currentDirectory();
  const userId = process.geteuid?.() ?? 0;
  const searchPath = env['PATH'] ?? '';
  const tool = (name: string): Promise<Tool> => findTool(name, searchPath, cwd, trust, read.isProgram);
  const trust = async (file: string): Promise<Distrust | null> =>
    (await read.answers(file))
      ? distrust(file, userId)
      : { code: 'no-answer', component: file, text: 'does not answer' };
  return {
    hostname: os.hostname() || null,
    isRoot: userId === 0,
    live: true,
    userId,
    env,
    cwd,
    pid: process.pid,
    readInput: read.readInput,
    readText: read.readText,
    readHead: read.readHead,
    readChunks: (path, limit) => read.readChunks(path, {}, limit),
    readLink: read.readLink,
    readDirectory: read.readDirectory,
    changedAt: read.changedAt,
    isDirectory: read.isDirectory,
    ...{ writeText, makeDirectory, remove, makeTemporary, removeTemporary },
    findProgram: (name, searchPath, from = cwd) => findProgram(isProgram, name, searchPath, from),
    findTool: tool,
    distrust: trust,
    distrustProgramOf: async (pid) => distrustProgramOf(pid, userId),
    processes: async () => processes(),
    isAlive: async (pid) => isAlive(pid),
    run: async (command, options) => {
      const found = command.file.includes('/') ? null : await tool(command.file);
      if (found?.file === null) return notStarted(command.file, found);
      const file = found?.file ?? command.file;
      return (await import('./run.ts')).run({ ...command, file }, options);
    },
    async *stream(command, options) {
      const found = command.file.includes('/') ? null : await tool(command.file);
      if (found?.file === null) throw new StreamError(missingText(command.file, found));
      const file = found?.file ?? command.file;
      yield* (await import('./stream.ts')).stream({ ...command, file }, options);
    },
    request: async (...args) => (await import('./http.ts')).request(env, ...args),
    now: Date.now,
    monotonic: () => performance.now(),
    pause,
  };
}

/** The synchronous look-up comes last: nothing could end one that hangs. @throws {ReadError} for that */
async function isProgram(file: string): Promise<boolean> {
  await read.untilAnswered(file);
  return read.isProgram(file);
}

/** One that was removed has no name, but the kernel still knows it: what is looked up there is not found. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return `/proc/${process.pid}/cwd`;
  }
}
