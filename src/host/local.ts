/** The machine that the program runs on. */
import os from 'node:os';
import { findProgram } from './find-program.ts';
import { type Environment, type Host, StreamError } from './host.ts';
import { missingText, notStarted } from './missing.ts';
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
  const tool = (name: string) => findTool(name, env['PATH'] ?? '', cwd, userId);
  return {
    hostname: os.hostname() || null,
    isRoot: userId === 0,
    live: true,
    userId,
    env,
    cwd,
    pid: process.pid,
    ...read,
    readChunks: (path, limit) => read.readChunks(path, {}, limit),
    ...{ writeText, makeDirectory, remove, makeTemporary, removeTemporary },
    findProgram: (name, searchPath, from = cwd) => findProgram(read.isProgram, name, searchPath, from),
    findTool: async (name) => tool(name),
    distrust: async (path) => distrust(path, userId),
    distrustProgramOf: async (pid) => distrustProgramOf(pid, userId),
    processes: async () => processes(),
    isAlive: async (pid) => isAlive(pid),
    run: async (command, options) => {
      const found = command.file.includes('/') ? null : tool(command.file);
      if (found?.file === null) return notStarted(command.file, found);
      const file = found?.file ?? command.file;
      return (await import('./run.ts')).run({ ...command, file }, options);
    },
    async *stream(command, options) {
      const found = command.file.includes('/') ? null : tool(command.file);
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

/** One that was removed has no name, but the kernel still knows it: what is looked up there is not found. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return `/proc/${process.pid}/cwd`;
  }
}
