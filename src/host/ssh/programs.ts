/** Runs programs of the far side. */
import path from 'node:path';
import { type Command, defaultMaxBytes, type RunOptions, type RunResult } from '../command.ts';
import { notStarted, type Tool } from '../missing.ts';
import { quoted } from './quote.ts';
import type { RemoteFiles } from './remote-files.ts';
import type { Output } from './tree.ts';

/** What the far side reads of a program's output, to have at hand what is asked for next. */
export type After = 'none' | 'units' | 'loader';

/** As the agent runs it; the environment reaches the program alone. */
function runLine(
  id: string,
  { file, args, env, cwd = '/', input = '', mutates }: Command,
  { timeoutMs, maxBytes = defaultMaxBytes, keep = 'all' }: RunOptions,
  after: After,
): string {
  const set = Object.entries(env ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const words = env === undefined ? [file, ...args] : ['env', '-i', ...set, file, ...args];
  const seconds = Math.ceil(timeoutMs / 1000);
  // With the mark and the code at its end.
  const most = maxBytes + 64;
  const fixed = [mutates ? `${id}+` : id, String(seconds), String(most), keep, after, cwd, input, file];
  return `run ${[...fixed, ...words].map(quoted).join(' ')}`;
}

/** What is foreseen is found by its name and its words: where it is, and its environment, are the host's. */
export const commandKey = ({ file, args }: Pick<Command, 'file' | 'args'>): string =>
  `=${Buffer.from(JSON.stringify([path.posix.basename(file), args])).toString('base64')}`;

/** timeout(1) ends a program by SIGKILL. */
const killed = 137;

function resultOf(
  { text, status }: Output,
  { maxBytes = defaultMaxBytes, keep = 'all' }: RunOptions,
  file: string,
): RunResult {
  const output = (keep === 'end' ? text.subarray(-maxBytes) : text).toString('utf8');
  const stopped = (why: RunResult['stopped'], what = output): RunResult => ({
    ...{ exitCode: null, output: what, stopped: why },
  });
  if (status === 'none') return stopped('not started', `${file}: ENOENT`);
  if (status === null) return stopped('output', output.slice(0, maxBytes));
  if (keep !== 'end' && text.length > maxBytes) return stopped('output', output.slice(0, maxBytes));
  if (status === killed) return stopped('time');
  return status > 128 ? stopped('signal') : { exitCode: status, output, stopped: null };
}

/** @param after what the far side reads of the output of each */
export function remoteRun(
  files: RemoteFiles,
  tool: (name: string) => Promise<Tool>,
  after: (command: Command) => After,
): (command: Command, options: RunOptions) => Promise<RunResult> {
  const { outputs } = files.known;
  let count = 0;
  const ended = async (command: Command, options: RunOptions): Promise<RunResult> => {
    const foreseen = command.mutates ? '' : commandKey(command);
    let output = outputs.get(foreseen);
    outputs.delete(foreseen);
    if (!output) {
      count += 1;
      const id = String(count);
      await files.request(runLine(id, command, options, after(command)));
      if (command.mutates) files.forget();
      const name = command.mutates ? `${id}+` : id;
      output = outputs.get(name) ?? { text: Buffer.alloc(0), status: null, after: '' };
      outputs.delete(name);
    }
    const result = resultOf(output, options, command.file);
    const heard = options.keep === 'errors' ? output.after : result.output;
    for (const line of heard.match(/[^\n]*\n|[^\n]+$/g) ?? []) options.onLine?.(line.replace(/\n$/, ''));
    return result;
  };
  return async (command, options) => {
    if (options.signal?.aborted) return { exitCode: null, output: '', stopped: 'signal' };
    const found = command.file.includes('/') ? null : await tool(command.file);
    if (found?.file === null) return notStarted(command.file, found);
    return ended({ ...command, file: found?.file ?? command.file }, options);
  };
}
