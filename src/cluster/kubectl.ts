/** Finds kubectl and a kubeconfig, and runs it, with a time limit and without a shell. */
import path from 'node:path';
import { distributions } from '../distributions/index.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { type Command, endedText, type RunOptions, type Stopped } from '../host/command.ts';
import { distrustText } from '../host/distrust.ts';
import { type Environment, type Host, orNull } from '../host/host.ts';
import { missingText } from '../host/missing.ts';
import { clip } from '../text/clip.ts';
import { type OwnAccess, ownAccess } from './own.ts';
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

/** A program that is kubectl, or takes its arguments. */
interface Program {
  /** as a person calls it */
  words: string;
  file: string;
  args: readonly string[];
  /** it finds the administrator's kubeconfig by itself */
  configured: boolean;
}

/**
 * kubectl from PATH with the user's kubeconfig, else with that of a distribution's administrator; else a
 * distribution's own kubectl, which needs none. Where none is in PATH, that of the program that kubelet's unit starts.
 * @returns unknown, with what to do, if there is none
 */
export async function findKubectl(
  host: Host,
  { kubeconfig, context }: ClusterOptions,
): Promise<Fact<Kubectl>> {
  const { env } = host;
  const programs = await programsInPath(host);
  let found: OwnAccess | undefined;
  const own = async (): Promise<OwnAccess> => (found ??= await ownAccess(host));
  if (programs.length === 0) programs.push(...ownProgram(await own()));
  const [program] = programs;
  if (!program) {
    const names = tableOfKubectls.map((words) => words.join(' ')).join(', ');
    const refused = (await Promise.all(tableOfKubectls.map(([name]) => host.findTool(name)))).flatMap(
      (tool) => tool.refused,
    );
    const none = refused.length === 0 ? `none of ${names} is in PATH` : missingText('kubectl', { refused });
    return unknown('no-kubectl', `${none}; install kubectl`);
  }
  const use = ({ words, args, file }: Program, more: string[], source?: string): Fact<Kubectl> => {
    const all = [...args, ...more, ...(context === undefined ? [] : ['--context', context])];
    return known({ file, args: all, env }, source === undefined ? words : `${words} with ${source}`);
  };
  if (kubeconfig !== undefined)
    return use(program, ['--kubeconfig', path.resolve(host.cwd, kubeconfig)], '--kubeconfig');
  const refused: string[] = [];
  // A kubeconfig can name programs to run (client-go credential plugins).
  const isUsable = async (file: string): Promise<boolean> => {
    if ((await orNull(host.readText(file, 4_000_000))) === null) return false;
    const distrust = await host.distrust(file);
    if (distrust) refused.push(distrustText(file, distrust));
    return distrust === null;
  };
  // What kubectl finds by itself.
  const home = path.join(env['HOME'] ?? '/', '.kube/config');
  if (env['KUBECONFIG']) return use(program, [], 'KUBECONFIG');
  if (await isUsable(home)) return use(program, [], home);
  if (env['KUBERNETES_SERVICE_HOST']) return use(program, [], 'the service account of this pod');
  const access = await own();
  const usual = Object.values(distributions).flatMap(({ kubeconfigs }) => kubeconfigs);
  const configs = access.kubeconfig === null ? usual : [access.kubeconfig, ...usual];
  for (const file of configs) {
    if (await isUsable(file)) return use(program, ['--kubeconfig', file], file);
  }
  if (refused.length > 0) {
    const why = `${refused.join('; ')}: root does not use it unless it is given with --kubeconfig`;
    return unknown('no-kubeconfig', why);
  }
  // A worker's own kubectl has no kubeconfig either, and would ask an API server that is not there.
  if (access.worker !== null) {
    return unknown(
      'no-kubeconfig',
      `this node is a ${access.worker}, which has no administrator's kubeconfig; give one with --kubeconfig, or verify it by name from where kubectl works`,
    );
  }
  const standIn = [...programs, ...ownProgram(access)].find(({ configured }) => configured);
  if (standIn) return use(standIn, []);
  return unknown(
    'no-kubeconfig',
    `${program.file} has no kubeconfig: give --kubeconfig, or set KUBECONFIG (none of ${[home, ...configs].join(', ')} can be read)`,
  );
}

const tableOfKubectls: readonly (readonly [string, ...string[]])[] = [
  ['kubectl'],
  ...Object.values(distributions).flatMap(({ kubectl }) => (kubectl ? [kubectl] : [])),
];

async function programsInPath(host: Host): Promise<Program[]> {
  const tools = await Promise.all(tableOfKubectls.map(([name]) => host.findTool(name)));
  return tableOfKubectls.flatMap(([name, ...args], index) => {
    const file = tools[index]?.file;
    return file ? [{ words: [name, ...args].join(' '), file, args, configured: args.length > 0 }] : [];
  });
}

const ownProgram = ({ kubectl }: OwnAccess): Program[] =>
  kubectl ? [{ ...kubectl, words: [kubectl.file, ...kubectl.args].join(' ') }] : [];

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
