/** The options that select machines that are reached by ssh, and what goes with them. */
import path from 'node:path';
import { UserError } from '../errors.ts';
import type { Host } from '../host/host.ts';

export interface HostsOptions {
  host?: string[];
  hostsFile?: string;
  hostsFrom?: 'cluster';
  jobs?: string;
  /** seconds for each host; `verify` has it for its own waiting */
  timeout?: string;
}

/** Those whose --timeout is for hosts alone. */
const limited = ['check', 'probe', 'sweep'];

/** Whether a command is about hosts, or has an option that only counts there: then `many` runs it. */
export function isAboutHosts(command: string, options: object): options is HostsOptions {
  const { host, hostsFile, hostsFrom, jobs, timeout } = options as HostsOptions;
  const limits = limited.includes(command) ? [jobs, timeout] : [];
  return [host, hostsFile, hostsFrom, ...limits].some((each) => each !== undefined);
}

const most = { hosts: 10_000, fileBytes: 1_000_000, jobs: 256 };

/** Why an option cannot be used with hosts: it says what to examine, or needs this machine. */
const refused: Record<string, string> = {
  ...Object.fromEntries(
    ['channel', 'utilLinux', 'nixpkgs', 'flakeLock', 'lock', 'input', 'rev', 'rawBaseUrl', 'nodeRoot'].map(
      (name) => [name, 'both say which system is meant'],
    ),
  ),
  ...Object.fromEntries(
    ['rebuild', 'flake', 'file', 'restart', 'rollback'].map((name) => [name, 'nothing is rebuilt there']),
  ),
  ...Object.fromEntries(
    ['namespace', 'node', 'allNodes', 'selector', 'resume', 'image', 'content', 'keep'].map((name) => [
      name,
      'it is about the pod, which is not made there',
    ]),
  ),
  pid: 'it is a process of one machine',
};

const optionName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** @throws {UserError} for options that cannot be used together */
export function checkHostsOptions(options: HostsOptions): void {
  const given = options as Record<string, unknown>;
  for (const [name, why] of Object.entries(refused))
    if (given[name] !== undefined)
      throw new UserError(`${optionName(name)} cannot be used with --host: ${why}`);
  for (const name of ['kubeconfig', 'context'])
    if (given[name] !== undefined && options.hostsFrom === undefined)
      throw new UserError(
        `${optionName(name)} with hosts needs --hosts-from cluster: each host uses its own`,
      );
  const { host, hostsFile, hostsFrom } = options;
  if ([host, hostsFile, hostsFrom].every((each) => each === undefined))
    throw new UserError('--jobs and --timeout need --host, --hosts-file or --hosts-from');
}

/** @throws {UserError} */
export function limitsOf({ jobs = '32', timeout = '60' }: HostsOptions): { jobs: number; limitMs: number } {
  const count = Number(jobs);
  if (!Number.isInteger(count) || count < 1 || count > most.jobs)
    throw new UserError(`--jobs: must be a number from 1 to ${most.jobs}`);
  const seconds = Number(timeout);
  if (!(seconds >= 1 && seconds <= 3600))
    throw new UserError('--timeout: must be a number of seconds from 1 to 3600');
  return { jobs: count, limitMs: seconds * 1000 };
}

/**
 * The hosts that the options name, in their order, each once.
 * @param fromCluster the addresses of the cluster's nodes
 * @throws {UserError} for a name that is none, a file that cannot be read, and where there is no host
 */
export async function targetsOf(
  local: Host,
  { host = [], hostsFile, hostsFrom }: HostsOptions,
  fromCluster: () => Promise<string[]>,
): Promise<string[]> {
  const { hostTarget } = await import('../host/ssh/target.ts');
  const named = host.map((text) => hostTarget(text.trim(), '--host'));
  const listed = hostsFile === undefined ? [] : await readHosts(local, hostsFile, hostTarget);
  const found = hostsFrom === undefined ? [] : await fromCluster();
  const all = [...new Set([...named, ...listed, ...found.map((text) => hostTarget(text, 'InternalIP'))])];
  if (all.length === 0) throw new UserError(`${hostsFile ?? 'the cluster'}: names no host`);
  if (all.length > most.hosts) throw new UserError(`${all.length} hosts are more than ${most.hosts}`);
  return all;
}

/** One on a line; # begins a comment. */
async function readHosts(
  local: Host,
  file: string,
  hostTarget: (text: string, where: string) => string,
): Promise<string[]> {
  const text = await local.readText(path.resolve(local.cwd, file), most.fileBytes);
  return text.split('\n').flatMap((line, index) => {
    const host = line.replace(/(?:^|\s)#.*$/, '').trim();
    return host === '' ? [] : [hostTarget(host, `${file}, line ${index + 1}:`)];
  });
}
