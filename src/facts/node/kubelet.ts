/** The running kubelet, and what /proc says about it. */
import type { KubeletTraits } from '../../distributions/distribution.ts';
import { type DistributionName, distributionNames, distributions } from '../../distributions/index.ts';
import type { ProcessEntry } from '../../host/command.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';

type FoundKubelet = ProcessEntry & KubeletTraits & { distribution: DistributionName };

export interface Kubelet extends FoundKubelet {
  /** the systemd service that its control group names; null if it names none */
  unit: string | null;
  /** seconds since the epoch; null if it cannot be determined */
  startedAt: number | null;
}

/** The kubelets among the processes, by their command lines alone. */
export function findKubelets(processes: ProcessEntry[]): FoundKubelet[] {
  return processes.flatMap((entry) => {
    for (const distribution of distributionNames) {
      const traits = distributions[distribution].kubelet(entry, processes);
      if (traits) return [{ ...entry, ...traits, distribution }];
    }
    return [];
  });
}

const pidsOf = (kubelets: FoundKubelet[]): string => kubelets.map(({ pid }) => pid).join(', ');

/**
 * The kubelet of this machine: the one in the same mount namespace.
 * @returns unknown if none runs; unreadable if several do, or it is in another namespace
 */
export async function readKubelet(host: Host): Promise<Fact<Kubelet>> {
  const all = findKubelets(await host.processes());
  if (all.length === 0) return unknown('no-kubelet', 'no kubelet is running');
  const kubelets = await inThisNamespace(host, all);
  const [kubelet] = kubelets;
  if (!kubelet) {
    return unreadable(
      'other-namespace',
      `the running kubelet (pid ${pidsOf(all)}) is in another mount namespace: run subpathfix there`,
    );
  }
  if (kubelets.length > 1) {
    return unreadable(
      'several-kubelets',
      `several kubelets are running (pids ${pidsOf(kubelets)}): choose one with subpathfix probe --pid PID`,
    );
  }
  const [unit, startedAt] = await Promise.all([serviceOf(host, kubelet.pid), startTime(host, kubelet.pid)]);
  return known({ ...kubelet, unit, startedAt }, `/proc/${kubelet.pid}/cmdline`);
}

/** One whose namespace cannot be read, which takes its own user or root, counts too. */
async function inThisNamespace(host: Host, kubelets: FoundKubelet[]): Promise<FoundKubelet[]> {
  const namespaceOf = (pid: number | 'self'): Promise<string | null> =>
    orNull(host.readLink(`/proc/${pid}/ns/mnt`));
  const own = await namespaceOf('self');
  const namespaces = await Promise.all(kubelets.map(({ pid }) => namespaceOf(pid)));
  return kubelets.filter((_, index) => own === null || [own, null].includes(namespaces[index] ?? null));
}

/** The service in the path of the control group (cgroups(7)), in either hierarchy. */
async function serviceOf(host: Host, pid: number): Promise<string | null> {
  const text = await orNull(host.readText(`/proc/${pid}/cgroup`, 65_536));
  return text?.match(/[^/\n:]+(?=\.service(?:[/\n]|$))/g)?.at(-1) ?? null;
}

/** Field 22 of stat is in ticks since boot, of which there are 100 a second on every Linux port of node. */
async function startTime(host: Host, pid: number): Promise<number | null> {
  const [stat, system] = await Promise.all([
    orNull(host.readText(`/proc/${pid}/stat`, 65_536)),
    orNull(host.readText('/proc/stat', 4_000_000)),
  ]);
  const ticks = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const boot = Number(/^btime (\d+)$/m.exec(system ?? '')?.[1]);
  return Number.isFinite(ticks) && Number.isFinite(boot) ? boot + ticks / 100 : null;
}
