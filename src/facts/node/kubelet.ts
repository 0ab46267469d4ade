/** The running kubelet, and what /proc says about it. */
import type { Process } from '../../distributions/distribution.ts';
import { type FoundKubelet, identify } from '../../distributions/identify.ts';
import { distributions } from '../../distributions/index.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import { readCandidates } from './candidates.ts';

export interface Kubelet extends FoundKubelet {
  /** seconds since the epoch; null if it cannot be determined */
  startedAt: number | null;
}

/** What runs of kubelet. */
export interface Running {
  kubelet: Fact<Kubelet>;
  /**
   * a process of the unit first, then those that started it: kubelet and its ancestors; without a kubelet, the
   * program that should start it and its own ancestors; empty if neither runs
   */
  lineage: readonly Process[];
}

const pidsOf = (kubelets: FoundKubelet[]): string => kubelets.map(({ pid }) => pid).join(', ');

/**
 * The kubelet of this machine: the one in the same mount namespace.
 * @returns unknown if none runs; unreadable if several do, or it is in another namespace
 */
export async function readRunning(host: Host): Promise<Running> {
  const processes = await readCandidates(host);
  const { kubelets: all, withoutKubelet } = identify(processes);
  const kubelets = await inThisNamespace(host, all);
  const [kubelet] = kubelets;
  if (kubelets.length > 1) {
    return nothingOf(
      unreadable(
        'several-kubelets',
        `several kubelets are running (pids ${pidsOf(kubelets)}): choose one with subpathfix probe --pid PID`,
      ),
    );
  }
  if (kubelet) {
    const startedAt = await startTime(host, kubelet.pid);
    return {
      kubelet: known({ ...kubelet, startedAt }, `/proc/${kubelet.pid}/cmdline`),
      lineage: withAncestors(kubelet.lineage, processes),
    };
  }
  if (all.length > 0) {
    return nothingOf(
      unreadable(
        'other-namespace',
        `the running kubelet (pid ${pidsOf(all)}) is in another mount namespace: run subpathfix there`,
      ),
    );
  }
  const starting = withoutKubelet.find(({ distribution, role }) => !runsNone(distribution, role));
  const [supervisor = starting] = starting ? [starting] : withoutKubelet;
  if (!supervisor) return nothingOf(unknown('no-kubelet', 'no kubelet is running'));
  const { process, distribution, role } = supervisor;
  const none = runsNone(distribution, role);
  return {
    kubelet: none
      ? unknown('no-kubelet', `no kubelet is running. ${none}`)
      : unknown(
          'kubelet-starting',
          `${distribution} (pid ${process.pid}) runs, but its kubelet is not up yet`,
        ),
    lineage: withAncestors([process], processes),
  };
}

/** The kubelet alone. */
export const readKubelet = async (host: Host): Promise<Fact<Kubelet>> => (await readRunning(host)).kubelet;

const nothingOf = (kubelet: Unknown): Running => ({ kubelet, lineage: [] });

const runsNone = (distribution: FoundKubelet['distribution'], role: string): string | undefined =>
  distributions[distribution].withoutKubelet?.[role];

/** Up to the first process of the machine. */
function withAncestors(lineage: readonly Process[], processes: readonly Process[]): Process[] {
  const found = [...lineage];
  for (let at = found.at(-1); at; at = found.at(-1)) {
    const { parent } = at;
    const next = processes.find(({ pid }) => pid === parent);
    if (!next || found.includes(next)) break;
    found.push(next);
  }
  return found;
}

/** One whose namespace cannot be read, which takes its own user or root, counts too. */
async function inThisNamespace(host: Host, kubelets: FoundKubelet[]): Promise<FoundKubelet[]> {
  const own = await namespaceOf(host, 'self');
  const namespaces = await Promise.all(kubelets.map(({ pid }) => namespaceOf(host, pid)));
  return kubelets.filter((_, index) => {
    const namespace = namespaces[index] ?? null;
    return namespace !== 'ended' && (own === null || namespace === null || namespace === own);
  });
}

/** null if it cannot be read. */
async function namespaceOf(host: Host, pid: number | 'self'): Promise<string | 'ended' | null> {
  try {
    return await host.readLink(`/proc/${pid}/ns/mnt`);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    // Permission is checked first: a link that is not there is one of a process that is not there any more.
    return pid !== 'self' && ['ENOENT', 'ESRCH'].includes(error.code) ? 'ended' : null;
  }
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
