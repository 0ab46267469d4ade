/** The running kubelet, and what /proc says about it. */
import type { Process } from '../../distributions/distribution.ts';
import { type FoundKubelet, identify } from '../../distributions/identify.ts';
import { distributions } from '../../distributions/index.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import { calledName, type Refused, readCandidates } from './candidates.ts';
import { type Refusal, wayOut } from './standing.ts';

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
  /** the id of a kubelet that is in another mount namespace; null if there is none, or there is one in this */
  elsewhere: number | null;
  /** processes that go by the name of a kubelet, or of what starts one, and are not believed */
  ignored: readonly Ignored[];
}

export interface Ignored {
  pid: number;
  /** what it calls itself */
  name: string;
  code: Refusal['code'];
  /** to follow its name */
  text: string;
}

const pidsOf = (kubelets: FoundKubelet[]): string => kubelets.map(({ pid }) => pid).join(', ');

/**
 * The kubelet of this machine: the one in the same mount namespace. A process that anybody could have started is none;
 * one of root's own that cannot be believed is never replaced by something else.
 * @returns unknown if none runs; unreadable if several do, or it is in another namespace
 */
export async function readRunning(host: Host): Promise<Running> {
  const { processes, refused } = await readCandidates(host);
  const { kubelets, withoutKubelet } = identify(processes);
  const [kubelet] = kubelets;
  const likely = doubtfulAmong(refused);
  const doubtful = kubelet ? [] : likely;
  // What containers have beside a kubelet is no news.
  const ignored = refused
    .filter((each) => !doubtful.includes(each))
    .filter((each) => each.refusal.code !== 'other-namespace' || likely.includes(each))
    .map(asIgnored);
  const nothingOf = (reason: Unknown, elsewhere: number | null = null): Running => ({
    ...{ kubelet: reason, lineage: [], ignored, elsewhere },
  });
  if (kubelets.length > 1) {
    return nothingOf(
      unreadable(
        'several-kubelets',
        `several kubelets are running (pids ${pidsOf(kubelets)}): choose one with subpathfix probe --pid PID`,
      ),
    );
  }
  if (kubelet) {
    const startedAt = await startTime(host, kubelet.lineage[0]);
    return {
      kubelet: known({ ...kubelet, startedAt }, `/proc/${kubelet.pid}/cmdline`),
      lineage: withAncestors(kubelet.lineage, processes),
      elsewhere: null,
      ignored,
    };
  }
  const [doubt] = doubtful;
  if (doubt) {
    const { process, refusal } = doubt;
    return nothingOf(
      unreadable(
        refusal.code === 'other-namespace' || refusal.code === 'no-access' ? refusal.code : 'not-trusted',
        `the running kubelet (pid ${process.pid}) ${refusal.text}${wayOut(process.pid, refusal)}`,
      ),
      refusal.code === 'other-namespace' ? process.pid : null,
    );
  }
  const starting = withoutKubelet.find(({ distribution, role }) => !runsNone(distribution, role));
  const [supervisor = starting] = starting ? [starting] : withoutKubelet;
  if (!supervisor) return nothingOf(unknown('no-kubelet', 'no kubelet is running'));
  const { process, distribution, role } = supervisor;
  const none = runsNone(distribution, role);
  return {
    kubelet: none
      ? unknown('role-without-kubelet', `no kubelet is running. ${none}`)
      : unknown(
          'kubelet-starting',
          `${distribution} (pid ${process.pid}) runs, but its kubelet is not up yet`,
        ),
    lineage: withAncestors([process], processes),
    elsewhere: null,
    ignored,
  };
}

/** The kubelet alone. */
export const readKubelet = async (host: Host): Promise<Fact<Kubelet>> => (await readRunning(host)).kubelet;

/** Root's own, or this user's, that would be kubelets if they were believed; strangers' are none. */
function doubtfulAmong(refused: readonly Refused[]): Refused[] {
  const doubtful = refused.filter(({ refusal }) =>
    ['other-namespace', 'not-trusted', 'no-access'].includes(refusal.code),
  );
  const { kubelets } = identify(doubtful.map(({ process }) => process));
  return doubtful.filter(({ process }) => kubelets.some(({ pid }) => pid === process.pid));
}

const asIgnored = ({ process, refusal: { code, text } }: Refused): Ignored => ({
  pid: process.pid,
  name: calledName(process),
  code,
  text,
});

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

/** There are 100 ticks a second on every Linux port of node. */
async function startTime(host: Host, { started }: Process): Promise<number | null> {
  const system = await orNull(host.readText('/proc/stat', 4_000_000));
  const boot = Number(/^btime (\d+)$/m.exec(system ?? '')?.[1] ?? Number.NaN);
  return started !== null && Number.isFinite(boot) ? boot + started / 100 : null;
}
