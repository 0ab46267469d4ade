/** Runs programs whose output is read as it comes, without an end that is known. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Command, StreamOptions } from './command.ts';
import { StreamError } from './host.ts';
import { openInlet } from './inlet.ts';

const mostErrors = 4096;

/** @throws {StreamError} when it cannot be started, or ends with an error of its own */
export async function* stream(
  { file, args, env, cwd }: Command,
  { signal, input, onErrors }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  // Where there is no place for one, a pipe does as well, and takes longer.
  const inlet = await openInlet().catch(() => null);
  const child = spawn(file, args, {
    env: env ?? process.env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: [input ? 'pipe' : 'ignore', inlet?.theirs ?? 'pipe', 'pipe'],
  });
  inlet?.theirs.destroy();
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, killed) => resolve(code === 0 ? null : `exit ${code ?? killed}`));
  });
  let errors = '';
  child.stderr?.on('data', (piece: Buffer) => {
    errors = (errors + piece.toString('utf8')).slice(-mostErrors);
  });
  const stop = (): void => void child.kill('SIGKILL');
  process.once('exit', stop);
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop);
  let feedFailed: unknown = null;
  const fed =
    input && child.stdin ? feed(input, child.stdin).catch((error: unknown) => (feedFailed = error)) : null;
  try {
    yield* inlet?.pieces ?? (child.stdout as Readable);
    const why = await ended;
    await fed;
    if (feedFailed) throw feedFailed;
    if (errors.trim() !== '') onErrors?.(errors.trim());
    if (why !== null && !signal?.aborted) throw new StreamError(`${file}: ${errors.trim() || why}`);
  } finally {
    process.off('exit', stop);
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Waits for the program to read what it has before it gets more. */
async function feed(input: AsyncIterable<Uint8Array>, into: Writable): Promise<void> {
  // A program may end without reading its input; its exit says how it ended.
  const closed = new Promise<void>((resolve) => {
    into.once('error', () => resolve());
    into.once('close', () => resolve());
  });
  try {
    for await (const piece of input) {
      if (into.destroyed) return;
      // The piece is valid only until the next one is requested.
      if (!into.write(Buffer.from(piece)))
        await Promise.race([once(into, 'drain'), closed]).catch(() => undefined);
    }
  } finally {
    into.end();
  }
}
