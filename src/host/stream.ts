/** Runs a program whose output is read while it comes. */
import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { shellQuoted } from '../text/escape.ts';
import type { Command, RunLimits, RunLog, RunResult } from './command.ts';

/**
 * Runs a program to its end or to its limits, and stops it with SIGKILL there.
 * @param onLine gets each line without its end; the last one also where its end is missing
 */
export function stream(
  command: Command,
  onLine: (line: string) => void,
  { timeoutMs, maxBytes, signal }: RunLimits,
  log: RunLog,
): Promise<RunResult> {
  const started = Date.now();
  let stopped: RunResult['stopped'] = null;
  let bytes = 0;
  let rest = '';
  let errors = '';
  return new Promise((resolve) => {
    const child = spawn(command.file, command.args, {
      ...(command.env ? { env: command.env } : {}),
      // A terminal's Ctrl-C goes to the whole process group: what changes something is not cut off by it.
      detached: command.mutates,
    });
    const stop = (why: NonNullable<RunResult['stopped']>): void => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) stop('output');
    };
    const timer = setTimeout(() => stop('time'), timeoutMs);
    const aborted = (): void => stop('signal');
    const done = (exitCode: number | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      if (rest !== '') onLine(rest);
      if (exitCode === null) stopped ??= 'signal';
      log?.(`${shellQuoted(command)}  # ${stopped ?? `exit ${exitCode}`}, ${Date.now() - started} ms`);
      resolve({ exitCode: stopped === null ? exitCode : null, output: errors, stopped });
    };
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted);
    const [text, errorText] = [new StringDecoder(), new StringDecoder()];
    child.stdout.on('data', (chunk: Buffer) => {
      count(chunk);
      if (stopped === 'output') return;
      const lines = (rest + text.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      count(chunk);
      if (stopped !== 'output') errors += errorText.write(chunk);
    });
    // A program that ends without reading its input is no error of ours; how it ended is told by its exit.
    child.stdin.on('error', () => undefined);
    child.stdin.end(command.input ?? '');
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      stopped = 'not started';
      errors = error.message;
      done(null);
    });
    child.once('close', (exitCode) => {
      if (child.pid !== undefined) done(exitCode);
    });
  });
}
