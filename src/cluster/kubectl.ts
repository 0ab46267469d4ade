/** Finds kubectl and a kubeconfig, and runs it, with a time limit and without a shell. */
import path from 'node:path';
import { distributions } from '../distributions/index.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { type Command, endedText, type RunOptions, type Stopped } from '../host/command.ts';
import { type Environment, type Host, orNull } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { parsed } from './views.ts';

export interface Kubectl {
  file: string;
  /** put before the arguments of every command */
  args: string[];
  env: Environment;
}

export interface ClusterOptions {
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

/**
 * kubectl from PATH with the user's kubeconfig, else with that of a distribution's administrator; else a
 * distribution's own kubectl, which needs none.
 * @returns unknown, with what to do, if there is none
 */
export async function findKubectl(
  host: Host,
  { kubeconfig, context }: ClusterOptions,
): Promise<Fact<Kubectl>> {
  const { env } = host;
  const own = Object.values(distributions).flatMap(({ kubectl }) => (kubectl ? [kubectl] : []));
  const candidates = [['kubectl'], ...own].map(([name = '', ...args]) => ({ name, args }));
  const files = await Promise.all(candidates.map(({ name }) => host.findProgram(name)));
  const found = candidates.flatMap((candidate, index) => {
    const file = files[index];
    return file ? [{ ...candidate, file }] : [];
  });
  const [program] = found;
  if (!program) {
    const names = candidates.map(({ name }) => name).join(', ');
    return unknown('not-found', `none of ${names} is in PATH; install kubectl`);
  }
  const use = ({ name, args, file }: typeof program, more: string[], source?: string): Fact<Kubectl> => {
    const all = [...args, ...more, ...(context === undefined ? [] : ['--context', context])];
    const words = [name, ...args].join(' ');
    return known({ file, args: all, env }, source === undefined ? words : `${words} with ${source}`);
  };
  if (kubeconfig !== undefined)
    return use(program, ['--kubeconfig', path.resolve(host.cwd, kubeconfig)], '--kubeconfig');
  const isReadable = async (file: string): Promise<boolean> =>
    (await orNull(host.readText(file, 4_000_000))) !== null;
  // What kubectl finds by itself.
  const home = path.join(env['HOME'] ?? '/', '.kube/config');
  if (env['KUBECONFIG']) return use(program, [], 'KUBECONFIG');
  if (await isReadable(home)) return use(program, [], home);
  if (env['KUBERNETES_SERVICE_HOST']) return use(program, [], 'the service account of this pod');
  const configs = Object.values(distributions).flatMap(({ kubeconfigs }) => kubeconfigs);
  for (const file of configs) {
    if (await isReadable(file)) return use(program, ['--kubeconfig', file], file);
  }
  const standIn = found.find(({ args }) => args.length > 0);
  if (standIn) return use(standIn, []);
  return unknown(
    'not-found',
    `${program.file} has no kubeconfig: give --kubeconfig, or set KUBECONFIG (none of ${[home, ...configs].join(', ')} can be read)`,
  );
}

/** A call of kubectl as a value. */
export interface Call {
  args: string[];
  /** an object, for its standard input */
  input?: object | undefined;
  mutates?: true;
}

export const commandOf = ({ file, args, env }: Kubectl, call: Call): Command => ({
  file,
  args: [...args, ...call.args],
  env,
  input: call.input && JSON.stringify(call.input),
  mutates: call.mutates ?? false,
});

export interface Answer {
  /** it ended by itself, with exit code 0 */
  ok: boolean;
  stopped: Stopped | null;
  /** of its standard output */
  lines: string[];
  /** why it failed, safe to show; empty if it did not */
  words: string;
}

const outputLimit = 256 * 1024 * 1024;

/** Runs kubectl to its end or to the time limit. */
export async function ask(
  host: Host,
  kubectl: Kubectl,
  call: Call,
  limits: Pick<RunOptions, 'timeoutMs' | 'maxBytes' | 'signal'>,
): Promise<Answer> {
  const lines: string[] = [];
  const result = await host.run(commandOf(kubectl, call), {
    ...{ maxBytes: outputLimit, ...limits, keep: 'errors' },
    onLine: (line) => lines.push(line),
  });
  const { exitCode, stopped, output } = result;
  if (exitCode === 0) return { ok: true, stopped, lines, words: '' };
  const errors = clip(output.replace(/^Warning: .*$/gm, ''));
  const ended = `kubectl ${endedText(result, limits)}`;
  const words = stopped === null ? errors || ended : [ended, errors].filter(Boolean).join(': ');
  return { ok: false, stopped, lines, words };
}

/** The objects that kubectl printed, one after the other: each begins and ends at the start of a line. */
export function documents({ lines }: Pick<Answer, 'lines'>): unknown[] {
  const texts: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('{')) texts.push([]);
    texts.at(-1)?.push(line);
  }
  return texts.map((text) => parsed(text.join('\n'))).filter((document) => document !== undefined);
}
