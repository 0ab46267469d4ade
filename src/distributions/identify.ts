/**
 * Which processes are kubelets, of which distribution, and which process supervises each: the topmost ancestor that
 * is that distribution's program. Pure.
 */
import { baseName, optionIn } from './command-line.ts';
import type { Process } from './distribution.ts';
import { type DistributionName, distributionNames, distributions } from './index.ts';

export interface FoundKubelet {
  pid: number;
  argv: readonly string[];
  distribution: DistributionName;
  /** null if its supervisor has ended, or names none */
  role: string | null;
  /** where it keeps pods: --root-dir */
  rootDirectory: string;
  /** its own process first, then its ancestors up to the supervisor; without one, only its own */
  lineage: readonly [Process, ...Process[]];
}

/** A program that starts or holds a kubelet. */
interface Supervisor {
  process: Process;
  distribution: DistributionName;
  role: string;
}

export interface Identified {
  kubelets: FoundKubelet[];
  /** those that have no kubelet: it has not been started yet, it has ended, or their role needs none */
  withoutKubelet: Supervisor[];
}

/**
 * The name of a program by its path; for one that nixpkgs wraps, the wrapper's (.NAME-wrapped). What a process calls
 * itself in its command line is anybody's choice, and names nothing.
 */
export const programName = (program: string): string =>
  baseName(program.replace(/ \(deleted\)$/, '')).replace(/^\.(.+)-wrapped$/, '$1');

const isNamed = ({ program }: Process, names: readonly string[]): boolean =>
  program !== null && names.includes(programName(program));

/** Whether a process runs a program that a unit of the distribution starts. */
export const isProgramOf = (distribution: DistributionName, process: Process): boolean =>
  isNamed(process, distributions[distribution].programs);

const kubeletNames = distributions.kubernetes.programs;
const programNames = distributionNames.flatMap((name) => distributions[name].programs);

/** Whether a path names a program that may be a kubelet or its supervisor. */
export const isCandidate = (program: string): boolean => programNames.includes(programName(program));

export function identify(processes: readonly Process[]): Identified {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const kubelets = processes.flatMap((process): FoundKubelet[] => {
    const found = kubeletIn(process, ancestorsOf(process, byPid));
    return found ? [found] : [];
  });
  const outermost = kubelets.map(({ lineage }) => lineage.at(-1)?.pid);
  // A program that starts itself anew, and waits for it, is not another kubelet.
  const starts = new Set(kubelets.flatMap(({ lineage }) => lineage.slice(1).map(({ pid }) => pid)));
  return {
    kubelets: kubelets.filter(({ pid }) => !starts.has(pid)),
    withoutKubelet: processes.flatMap((process) => {
      const supervisor = asSupervisor(process);
      if (!supervisor || outermost.includes(process.pid)) return [];
      return ancestorsOf(process, byPid).some((ancestor) => asSupervisor(ancestor)) ? [] : [supervisor];
    }),
  };
}

/** From the parent upwards; of processes that were not read, nothing is known. */
function ancestorsOf(process: Process, byPid: ReadonlyMap<number, Process>): Process[] {
  const found: Process[] = [];
  const seen = new Set([process.pid]);
  for (let at = process; at.parent !== null && !seen.has(at.parent); ) {
    const next = byPid.get(at.parent);
    if (!next) break;
    seen.add(next.pid);
    found.push(next);
    at = next;
  }
  return found;
}

/** A program of a distribution, with a command line that names a role; kubelet supervises itself. */
function asSupervisor(process: Process): Supervisor | null {
  if (isNamed(process, kubeletNames)) return null;
  for (const distribution of distributionNames) {
    const { roleIn } = distributions[distribution];
    const role = isProgramOf(distribution, process) ? roleIn(process.argv) : null;
    if (role !== null) return { process, distribution, role };
  }
  return null;
}

const kubeletIn = (process: Process, ancestors: readonly Process[]): FoundKubelet | null =>
  heldKubelet(process, ancestors) ?? ownKubelet(process, ancestors);

/** A kubelet inside of a distribution's program, which may have been started by the same program. */
function heldKubelet(process: Process, ancestors: readonly Process[]): FoundKubelet | null {
  for (const distribution of distributionNames) {
    const { holdsKubelet, roleIn } = distributions[distribution];
    const holds = (each: Process): boolean =>
      isProgramOf(distribution, each) && holdsKubelet?.(each.argv) === true;
    if (!holds(process)) continue;
    const above = ancestors.slice(0, ancestors.findLastIndex(holds) + 1);
    return kubeletOf(distribution, roleIn(process.argv), [process, ...above]);
  }
  return null;
}

/** A kubelet in its own process: its supervisor says whose it is, else its own marks, else it is nobody's. */
function ownKubelet(process: Process, ancestors: readonly Process[]): FoundKubelet | null {
  if (!isNamed(process, kubeletNames)) return null;
  const marked = distributionNames.find((name) => distributions[name].owns?.(process));
  for (const [index, ancestor] of [...ancestors.entries()].reverse()) {
    const supervisor = asSupervisor(ancestor) ?? (marked && renamed(ancestor, marked));
    if (!supervisor || distributions[supervisor.distribution].holdsKubelet) continue;
    const { distribution, role } = supervisor;
    return kubeletOf(distribution, role, [process, ...ancestors.slice(0, index + 1)]);
  }
  if (marked !== undefined) return kubeletOf(marked, null, [process]);
  return kubeletOf('kubernetes', distributions.kubernetes.roleIn(process.argv), [process]);
}

/** The parent of a kubelet that carries a distribution's mark, under whatever name its program was installed. */
function renamed(process: Process, distribution: DistributionName): Supervisor | null {
  const role = distributions[distribution].roleIn(process.argv);
  return role === null ? null : { process, distribution, role };
}

function kubeletOf(
  distribution: DistributionName,
  role: string | null,
  lineage: FoundKubelet['lineage'],
): FoundKubelet {
  const [{ pid, argv }] = lineage;
  const { kubeletRoot, withoutKubelet = {} } = distributions[distribution];
  const rootDirectory = optionIn(argv, '--root-dir') ?? kubeletRoot;
  // A role that runs no kubelet is not this one's.
  const possible = role !== null && withoutKubelet[role] === undefined ? role : null;
  return { pid, argv, distribution, role: possible, rootDirectory, lineage };
}
