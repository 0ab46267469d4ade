/** Decides what can be swept, whether a pod is stuck, and how a sweep ended. Pure. */
import { type ExitCode, exitCodes } from '../errors.ts';
import type { LeftoverDirectory, OtherMount } from '../facts/leftovers/leftovers.ts';
import type { LeftoverState } from '../facts/leftovers/state.ts';
import type { Message } from '../text/message.ts';

export const obstacleCodes = ['name-not-utf8', 'not-shared', 'other-kind-inside'] as const;
export type Obstacle = Message<(typeof obstacleCodes)[number]>;

/**
 * @param others stale mounts that this defect did not make
 * @returns null when it can be swept
 */
export function obstacleOf(directory: LeftoverDirectory, others: OtherMount[]): Obstacle | null {
  const other = others.find(({ id }) => directory.siblings.some((sibling) => sibling.id === id));
  if (other) {
    const text = `${other.mountPoint} inside it is stale for another reason, and would be removed too; fix that first`;
    return { code: 'other-kind-inside', text };
  }
  if (!directory.exact) {
    const text = 'its name is not UTF-8, so it cannot be passed to mount; unmount it by hand';
    return { code: 'name-not-utf8', text };
  }
  if (directory.shared) return null;
  const text =
    'the mount that it is on is not shared, so an unmount would not propagate; run mount --make-shared on that mount (systemd does so for /), or restart the node';
  return { code: 'not-shared', text };
}

/** A stale link whose kubelet is gone keeps its pod stuck; otherwise only the cluster knows. */
export function isStuck(
  { stale, kubeletAlive }: LeftoverState,
  pod: { phase: string; deleting: boolean } | null,
): boolean | null {
  if (stale && !kubeletAlive) return true;
  return pod ? pod.deleting || pod.phase !== 'Running' : null;
}

interface HoldingDirectory {
  podUid: string;
  states: readonly LeftoverState[];
}

/**
 * The pods that neither start nor can be deleted, as far as it is known; sorted.
 * @param pods by UID, those that the cluster knows; the others are named by their UID
 */
export function heldPods(
  directories: readonly HoldingDirectory[],
  pods: ReadonlyMap<string, { namespace: string; name: string; phase: string; deleting: boolean }>,
): string[] {
  const held = directories.flatMap(({ podUid, states }) => {
    const pod = pods.get(podUid) ?? null;
    // Without the cluster it is not known whether one with a valid link hangs.
    if (states.every((state) => isStuck(state, pod) === false)) return [];
    return [pod ? `${pod.namespace}/${pod.name}` : podUid];
  });
  return [...new Set(held)].sort();
}

/** The UIDs of the pods that are certainly held, without asking the cluster; sorted. */
export function certainlyHeld(directories: readonly HoldingDirectory[]): string[] {
  const held = directories.filter(({ states }) => states.some((state) => isStuck(state, null) === true));
  return [...new Set(held.map(({ podUid }) => podUid))].sort();
}

/** Such pods, to follow "fixed; ". */
export const heldText = ({ length }: readonly string[]): string =>
  `${length === 1 ? '1 pod is' : `${length} pods are`} held by leftovers`;

/** What counts of a sweep. */
export interface Swept {
  applied: boolean;
  dryRun: boolean;
  directories: { outcome?: { state: string } | undefined }[];
  /** directories of killed sweeps that are still there */
  abandoned: string[];
  /** lines of the mount table that could not be read */
  malformedLines: number;
  /** own if it is certain to have kubelet's mounts */
  mountTable: string;
}

/** Whether the directory no longer holds a mount left by the defect. */
export const isSwept = ({ outcome }: Swept['directories'][number]): boolean =>
  outcome?.state === 'removed' || outcome?.state === 'gone';

/** 1 when there is something to remove, 4 when not all of it could be removed, 3 when it cannot be determined. */
export function exitCodeOfSweep(sweep: Swept): ExitCode {
  const { applied, dryRun, directories, abandoned, malformedLines, mountTable } = sweep;
  if (!applied && directories.length + abandoned.length > 0) return exitCodes.affected;
  if (applied && !dryRun && !(directories.every(isSwept) && abandoned.length === 0)) return exitCodes.failed;
  // A line that could not be read may have been one of them, and so may a mount that cannot be seen from here.
  const certain = malformedLines === 0 && mountTable === 'own';
  return !certain && directories.length === 0 ? exitCodes.undetermined : exitCodes.good;
}
