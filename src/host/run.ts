/** Runs programs, each to its end or to its limits. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type Command, defaultMaxBytes, type RunOptions, type RunResult } from './command.ts';
import { enforce } from './limits.ts';
import { type LineReader, lineReader } from './lines.ts';

/** How long outputs may stay open after the program has ended: its children may hold them. */
const outputGraceMs = 1000;

/** @returns how it ended; a program that cannot be started is a result too */
export async function run(command: Command, options: RunOptions): Promise<RunResult> {
  const { maxBytes = defaultMaxBytes, keep = 'all', onLine } = options;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const [child] = await start(command, onLine !== undefined);
  return new Promise((resolve) => {
    const limits = enforce(child, command, options);
    const readers: LineReader[] = [];
    const take = (output: Readable | null, kept: boolean, heard: boolean): void => {
      const reader = heard && onLine ? lineReader(onLine, maxBytes) : null;
      if (reader) readers.push(reader);
      output?.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (keep !== 'end' && bytes > maxBytes) return limits.stop('output');
        if (kept) chunks.push(chunk);
        while (keep === 'end' && bytes - (chunks[0]?.length ?? 0) > maxBytes)
          bytes -= chunks.shift()?.length ?? 0;
        reader?.push(chunk);
      });
    };
    take(child.stdout, keep !== 'errors', true);
    take(child.stderr, true, keep !== 'errors');
    // A program may end without reading its input; its exit says how it ended.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(command.input);
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ ...limits.end(null, 'not started'), output: error.message });
    });
    child.once('exit', () => {
      // After a turn of the event loop, which reads what is there.
      const close = (): void => void [child.stdout?.destroy(), child.stderr?.destroy()];
      setTimeout(() => setImmediate(close), outputGraceMs).unref();
    });
    child.once('close', (exitCode) => {
      if (child.pid === undefined) return;
      for (const reader of readers) reader.end();
      resolve({ ...limits.end(exitCode), output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

/**
 * A program that is followed line by line is started with execa. Loading it takes longer than the mounts of a
 * probe, so quick commands do without it.
 * @returns in a tuple, because execa's process is also a promise
 */
async function start(
  { file, args, env, cwd, input, mutates }: Command,
  followed: boolean,
): Promise<[ChildProcess]> {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const options = { env: env ?? process.env, ...(cwd === undefined ? {} : { cwd }), detached: mutates };
  if (!followed) return [spawn(file, args, { ...options, stdio: [stdin, 'pipe', 'pipe'] })];
  const { execa } = await import('execa');
  // What changes something outlives this program: it must not be cut off in the middle.
  const ending = { extendEnv: false, cleanup: !mutates, buffer: false, reject: false };
  return [execa(file, args, { ...options, ...ending, stdin })];
}
