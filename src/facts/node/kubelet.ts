/** The kubelet that runs on a machine, and what is known of it from /proc. */
import path from 'node:path';
import type { ProcessEntry } from '../../host/command.ts';
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import { readProcess } from './process.ts';

/** The distribution of Kubernetes that a kubelet belongs to. */
type Distro = 'k0s' | 'k3s' | 'rke2' | 'kubernetes';

export interface Kubelet {
  pid: number;
  distro: Distro;
  /** of the process that starts kubelet, or of kubelet itself */
  role: string | null;
  argv: string[];
  /** where it keeps pods: --root-dir */
  rootDirectory: string;
  /** the systemd service that its control group names; null where it names none */
  unit: string | null;
  /** seconds since the epoch; null where it cannot be told */
  startedAt: number | null;
}

export interface KubeletEnvironment {
  env: Record<string, string>;
  cwd: string;
}

const base = (entry: ProcessEntry): string => path.basename(entry.argv[0] ?? '');

/** Whether the process holds a kubelet: kubelet itself, or k3s, which runs it inside. */
function isKubelet(entry: ProcessEntry): boolean {
  const name = base(entry);
  if (name === 'kubelet') return true;
  if (!/^(\.?k3s(-wrapped)?|k3s-(server|agent))$/.test(name)) return false;
  const role = name === 'k3s-server' ? 'server' : name === 'k3s-agent' ? 'agent' : entry.argv[1];
  return role === 'agent' || (role === 'server' && !entry.argv.includes('--disable-agent'));
}

/** The kubelets among the processes. Pure; the processes that contain others are told by name alone. */
export function findKubelets(processes: ProcessEntry[]): ProcessEntry[] {
  return processes.filter(isKubelet);
}

/** The value of an option, as --name VALUE or --name=VALUE. */
function option(argv: string[], name: string): string | null {
  for (const [index, arg] of argv.entries()) {
    if (arg === name) return argv[index + 1] ?? null;
    if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
  }
  return null;
}

/** What a kubelet's command line and its supervisor's say. */
function describe(
  entry: ProcessEntry,
  processes: ProcessEntry[],
): Pick<Kubelet, 'distro' | 'role' | 'rootDirectory'> {
  const name = base(entry);
  const rootDirectory = option(entry.argv, '--root-dir');
  if (name !== 'kubelet') {
    const role = name === 'k3s-agent' || entry.argv[1] === 'agent' ? 'agent' : 'server';
    return { distro: 'k3s', role, rootDirectory: rootDirectory ?? '/var/lib/kubelet' };
  }
  const program = entry.argv[0] ?? '';
  const supervisor = (pattern: RegExp): ProcessEntry | undefined =>
    processes.find((one) => pattern.test(base(one)));
  const k0s = supervisor(/^\.?k0s(-wrapped)?$/);
  if (/(^|\/)k0s\//.test(`${program} ${rootDirectory ?? ''}`)) {
    return {
      distro: 'k0s',
      role: k0s ? k0sRole(k0s.argv) : null,
      rootDirectory: rootDirectory ?? '/var/lib/k0s/kubelet',
    };
  }
  if (/\/rke2\//.test(`${program} ${rootDirectory ?? ''}`)) {
    const role = supervisor(/^\.?rke2(-wrapped)?$/)?.argv[1];
    return {
      distro: 'rke2',
      role: role === 'agent' || role === 'server' ? role : null,
      rootDirectory: rootDirectory ?? '/var/lib/kubelet',
    };
  }
  return { distro: 'kubernetes', role: 'node', rootDirectory: rootDirectory ?? '/var/lib/kubelet' };
}

function k0sRole(argv: string[]): string {
  if (argv.includes('worker')) return 'worker';
  if (argv.includes('--single')) return 'single';
  return argv.some((arg) => /^--enable-worker(=true)?$/.test(arg)) ? 'controller+worker' : 'controller';
}

/**
 * The kubelet of this machine: the one in the same mount namespace.
 * @returns unknown where none runs; unreadable where several do and it cannot be told which is the node's
 */
export async function readKubelet(host: Host): Promise<Fact<Kubelet>> {
  const processes = await host.processes();
  const all = findKubelets(processes);
  if (all.length === 0) return unknown('no kubelet runs');
  const ours = await mountNamespace(host, 'self');
  const here: ProcessEntry[] = [];
  for (const entry of all) {
    const its = await mountNamespace(host, entry.pid);
    if (its === null || ours === null || its === ours) here.push(entry);
  }
  const [entry] = here;
  if (!entry) {
    const pids = all.map(({ pid }) => pid).join(', ');
    return unreadable(
      `the kubelet that runs (pid ${pids}) is in another mount namespace: run subpathfix there`,
    );
  }
  if (here.length > 1) {
    return unreadable(
      `several kubelets run (pids ${here.map(({ pid }) => pid).join(', ')}): say which with probe --pid`,
    );
  }
  return known(
    {
      pid: entry.pid,
      argv: entry.argv,
      ...describe(entry, processes),
      unit: await serviceOf(host, entry.pid),
      startedAt: await startTime(host, entry.pid),
    },
    `/proc/${entry.pid}/cmdline`,
  );
}

/** null where it cannot be read, which needs the process's own user or root. */
const mountNamespace = (host: Host, pid: number | 'self'): Promise<string | null> =>
  host.readLink(`/proc/${pid}/ns/mnt`).catch(() => null);

/** The environment that kubelet was started with. Unknown, with "run as root", where it cannot be read. */
export async function readKubeletEnvironment(host: Host, pid: number): Promise<Fact<KubeletEnvironment>> {
  const environment = await readProcess(host, pid);
  return typeof environment === 'string' ? unknown(environment) : known(environment, `/proc/${pid}/environ`);
}

/** The service in the path of the control group (cgroups(7)), in either hierarchy. */
async function serviceOf(host: Host, pid: number): Promise<string | null> {
  const text = await host.readText(`/proc/${pid}/cgroup`, 65_536).catch(ignoreReadError);
  const services = text?.match(/[^/\n:]+\.service(?=[/\n]|$)/g);
  return services?.at(-1)?.replace(/\.service$/, '') ?? null;
}

/** Field 22 of stat is in ticks since boot, of which there are 100 a second on every Linux port of node. */
async function startTime(host: Host, pid: number): Promise<number | null> {
  const [stat, system] = await Promise.all([
    host.readText(`/proc/${pid}/stat`, 65_536).catch(ignoreReadError),
    host.readText('/proc/stat', 4_000_000).catch(ignoreReadError),
  ]);
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const boot = Number(/^btime (\d+)$/m.exec(system ?? '')?.[1]);
  return Number.isFinite(ticks) && Number.isFinite(boot) ? boot + ticks / 100 : null;
}

function ignoreReadError(error: unknown): null {
  if (error instanceof ReadError) return null;
  throw error;
}
