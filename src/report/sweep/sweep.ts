/** What a sweep found and did, as one document. */

import type { Pod } from '../../cluster/pods.ts';
import type { Fact } from '../../facts/fact.ts';
import {
  type Leftover,
  type LeftoverDirectory,
  type OtherMount,
  whyNot,
} from '../../facts/leftovers/leftovers.ts';
import type { LeftoverState } from '../../facts/leftovers/state.ts';
import { exitCodes } from '../exit.ts';
import type { Sweep, SweepDirectory, SweepMount } from './schema.ts';

export interface SweepFinding {
  version: string;
  now: Date;
  directories: LeftoverDirectory[];
  states: ReadonlyMap<Leftover, LeftoverState>;
  pods: Fact<Map<string, Pod>>;
  /** the ones that dangle */
  others: OtherMount[];
  abandoned: string[];
  malformed: number;
  notes: string[];
  applied: boolean;
  dryRun: boolean;
}

/** The document, without what is known only when it is applied: outcomes and commands. */
export function sweepOf(finding: SweepFinding): Sweep {
  const { version, now, directories, pods, others, abandoned, malformed, notes, applied, dryRun } = finding;
  return {
    schemaVersion: 1,
    program: { name: 'subpathfix', version },
    command: 'sweep',
    checkedAt: now.toISOString(),
    applied,
    dryRun,
    mounts: directories.flatMap((directory) =>
      directory.leftovers.map((leftover) => describe(directory, leftover, finding)),
    ),
    directories: directories.map((directory) => ({
      path: directory.path,
      siblings: directory.siblings.map(({ mountPoint }) => mountPoint),
      obstacle: obstacleOf(directory, others),
    })),
    otherKinds: others.map(({ id: _, exact: __, ...other }) => other),
    abandoned,
    malformedLines: malformed,
    podNames: pods.known
      ? { from: pods.evidence, because: null }
      : { from: null, because: directories.length === 0 ? null : pods.reason },
    notes,
  };
}

/** Why a directory is left as it is; null when it can be cleaned. */
function obstacleOf(directory: LeftoverDirectory, others: OtherMount[]): string | null {
  const other = others.find(({ id }) => directory.siblings.some((sibling) => sibling.id === id));
  if (other) {
    return `${other.mountPoint} in it dangles for another reason than this defect, and would go too; see to that first`;
  }
  return whyNot(directory);
}

function describe(directory: LeftoverDirectory, leftover: Leftover, finding: SweepFinding): SweepMount {
  const { kubeletRoot, podUid, volume, container, path } = directory;
  const state = finding.states.get(leftover);
  const pod = finding.pods.known ? (finding.pods.value.get(podUid) ?? null) : null;
  const mountedAt = state?.mountedAt ?? null;
  const dangling = state?.dangling ?? null;
  return {
    ...{ kubeletRoot, podUid, volume, container },
    mountPoint: leftover.mountPoint,
    index: leftover.index,
    directory: path,
    pod,
    kubeletPid: leftover.pid,
    fd: leftover.fd,
    mountedAt: mountedAt === null ? null : new Date(mountedAt).toISOString(),
    ageSeconds:
      mountedAt === null ? null : Math.max(0, Math.round((finding.now.getTime() - mountedAt) / 1000)),
    dangling,
    stuck: isStuck(dangling, state?.kubeletAlive ?? null, pod),
  };
}

/** A link that dangles for good holds its pod; else only the cluster can tell. */
function isStuck(dangling: boolean | null, kubeletAlive: boolean | null, pod: Pod | null): boolean | null {
  if (dangling && kubeletAlive === false) return true;
  return pod ? pod.deleting || pod.phase !== 'Running' : null;
}

const done = new Set<NonNullable<SweepDirectory['outcome']>['state']>(['removed', 'gone']);

/** 1 when there is something to remove, 4 when it could not all be removed, 3 when it cannot be told. */
export function exitCodeOfSweep(sweep: Sweep): number {
  const { applied, dryRun, directories, abandoned, malformedLines } = sweep;
  if (applied && !dryRun) {
    const all = directories.every(({ outcome }) => outcome && done.has(outcome.state));
    if (!all || abandoned.length > 0) return exitCodes.failed;
  } else if (!applied && directories.length + abandoned.length > 0) return exitCodes.affected;
  // A line that could not be read may have been one of them.
  return malformedLines > 0 && directories.length === 0 ? exitCodes.undetermined : exitCodes.good;
}
