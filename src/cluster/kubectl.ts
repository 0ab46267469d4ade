/** Finds a kubectl and a configuration for it, and runs it: each command has a time limit, none a shell. */
import path from 'node:path';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { findProgram } from '../facts/mount/path.ts';
import type { Command } from '../host/command.ts';
import { type Host, ReadError } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { parsed } from './views.ts';

export interface Kubectl {
  file: string;
  /** before every command's own */
  args: string[];
}

export interface KubectlOptions {
  kubeconfig?: string;
  context?: string;
}

/** Where distributions keep the administrator's configuration, each with its owner's documentation. */
const adminConfigs = [
  '/var/lib/k0s/pki/admin.conf',
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/rancher/rke2/rke2.yaml',
  '/etc/kubernetes/admin.conf',
];

const configLimit = 4_000_000;

/**
 * kubectl of PATH where there is a configuration for it; else that of k0s or k3s, which know their own.
 * @returns unknown, with what to do, where there is none
 */
export async function findKubectl(
  host: Host,
  { kubeconfig, context }: KubectlOptions,
): Promise<Fact<Kubectl>> {
  const find = (name: string): Promise<string | null> =>
    findProgram(host, name, host.env['PATH'] ?? '', host.cwd);
  const [kubectl, k0s, k3s] = await Promise.all([find('kubectl'), find('k0s'), find('k3s')]);
  const choice = context === undefined ? [] : ['--context', context];
  const program = kubectl
    ? { file: kubectl, args: [] }
    : k0s || k3s
      ? { file: (k0s ?? k3s) as string, args: ['kubectl'] }
      : null;
  if (!program) {
    return unknown('there is no kubectl, k0s or k3s in PATH; one of them is needed for the smoke pod');
  }
  const given = (args: string[], evidence: string): Fact<Kubectl> =>
    known({ file: program.file, args: [...program.args, ...args, ...choice] }, evidence);
  if (kubeconfig !== undefined)
    return given(['--kubeconfig', path.resolve(host.cwd, kubeconfig)], '--kubeconfig');
  if (host.env['KUBECONFIG']) return given([], 'KUBECONFIG');
  const home = path.join(host.env['HOME'] ?? '/', '.kube/config');
  if (await isReadable(host, home)) return given([], home);
  if (host.env['KUBERNETES_SERVICE_HOST']) return given([], 'the service account of this pod');
  for (const file of adminConfigs) {
    if (await isReadable(host, file)) return given(['--kubeconfig', file], file);
  }
  const own = k0s ?? k3s;
  if (own) return known({ file: own, args: ['kubectl', ...choice] }, `${path.basename(own)} kubectl`);
  return unknown(
    `${program.file} has no configuration: there is neither --kubeconfig, KUBECONFIG, ${home} nor one of ${adminConfigs.join(', ')} that can be read`,
  );
}

async function isReadable(host: Host, file: string): Promise<boolean> {
  try {
    await host.readText(file, configLimit);
    return true;
  } catch (error) {
    if (error instanceof ReadError) return false;
    throw error;
  }
}

/** A call of kubectl as a value. */
export interface Call {
  args: string[];
  /** an object, for its standard input */
  input?: object;
  mutates?: true;
}

export function commandOf({ file, args }: Kubectl, call: Call, env?: Host['env']): Command {
  return {
    file,
    args: [...args, ...call.args],
    ...(env ? { env: defined(env) } : {}),
    ...(call.input === undefined ? {} : { input: JSON.stringify(call.input) }),
    mutates: call.mutates ?? false,
  };
}

const defined = (env: Host['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

export interface Answer {
  /** it ended by itself, and well */
  ok: boolean;
  /** the documents on its standard output, or none where that is no JSON */
  documents: unknown[];
  /** why not, as it may be shown */
  words: string;
}

const outputLimit = 256 * 1024 * 1024;

/** Runs kubectl to its end or to the time limit. */
export async function ask(
  host: Host,
  kubectl: Kubectl,
  call: Call,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Answer> {
  const lines: string[] = [];
  const limits = { timeoutMs, maxBytes: outputLimit, ...(signal ? { signal } : {}) };
  const { exitCode, output, stopped } = await host.stream(
    commandOf(kubectl, call, host.env),
    (line) => lines.push(line),
    limits,
  );
  const why = {
    time: `kubectl did not end within ${Math.round(timeoutMs / 100) / 10} s`,
    output: 'kubectl wrote too much',
    signal: 'kubectl was stopped by a signal',
    'not started': `${kubectl.file} could not be started`,
  };
  const said = clip(output.replace(/^Warning: .*$/gm, ''));
  return {
    ok: exitCode === 0,
    documents: documents(lines),
    words: stopped ? `${why[stopped]}${said ? `: ${said}` : ''}` : said,
  };
}

/** kubectl prints several objects one after the other: each begins and ends at the start of a line. */
function documents(lines: string[]): unknown[] {
  const texts: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('{')) texts.push([]);
    texts.at(-1)?.push(line);
  }
  return texts.map((text) => parsed(text.join('\n'))).filter((document) => document !== undefined);
}
