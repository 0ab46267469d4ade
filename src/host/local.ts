/** The machine that the program runs on. */
import os from 'node:os';
import { findProgram } from './find-program.ts';
import type { Host } from './host.ts';
import { pause } from './pause.ts';
import { isAlive, processes } from './processes.ts';
import * as read from './read.ts';
import { makeDirectory, makeTemporary, remove, removeTemporary, writeText } from './write.ts';

export function localHost(): Host {
  const { env } = process;
  const cwd = process.cwd();
  return {
    hostname: os.hostname() || null,
    isRoot: process.geteuid?.() === 0,
    env,
    cwd,
    pid: process.pid,
    ...read,
    ...{ writeText, makeDirectory, remove, makeTemporary, removeTemporary },
    findProgram: (name, searchPath = env['PATH'] ?? '', from = cwd) =>
      findProgram(read.isProgram, name, searchPath, from),
    processes: async () => processes(),
    isAlive: async (pid) => isAlive(pid),
    run: async (...args) => (await import('./run.ts')).run(...args),
    request: async (...args) => (await import('./http.ts')).request(env, ...args),
    now: Date.now,
    monotonic: () => performance.now(),
    pause,
  };
}
