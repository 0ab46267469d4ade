/** How the listing is put into words, in all formats. */
import { commentText, shellQuoted } from '../../text/escape.ts';
import type { Sweep, SweepDirectory, SweepMount } from './schema.ts';

/** A name on one line: paths may hold newlines. */
export const shown = commentText;

export const podName = ({ pod, podUid }: SweepMount): string =>
  shown(pod ? `${pod.namespace}/${pod.name}` : podUid);

/** What is known of the pod: the cluster's words, and whether it is stuck. */
export function podState({ pod, stuck }: SweepMount): string {
  const says = pod ? (pod.deleting ? 'Terminating' : pod.phase) : '';
  const held = stuck === null ? 'unknown' : stuck ? 'stuck' : 'not stuck';
  return says ? `${held} (${says})` : held;
}

export const linkState = ({ dangling }: SweepMount): string =>
  dangling === null ? 'unknown' : dangling ? 'dangling' : 'leads on';

/** Since the link was mounted. */
export function age({ ageSeconds }: SweepMount): string {
  if (ageSeconds === null) return 'unknown';
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const) {
    if (ageSeconds >= seconds) return `${Math.floor(ageSeconds / seconds)} ${unit}`;
  }
  return `${ageSeconds} s`;
}

export function headline({ mounts, directories, applied, dryRun, malformedLines, abandoned }: Sweep): string {
  const links = `${mounts.length} ${mounts.length === 1 ? 'mount' : 'mounts'}`;
  if (mounts.length === 0) {
    if (malformedLines > 0) return 'none found, but part of the mount table could not be read';
    const remains = abandoned.length > 0 ? '; but a sweep that was killed left something' : '';
    return `the defect has left no mounts behind${remains}`;
  }
  const where = `in ${directories.length} container ${directories.length === 1 ? 'directory' : 'directories'}`;
  if (!applied || dryRun) return `the defect has left ${links} behind, ${where}`;
  const gone = directories.filter(({ outcome }) => outcome?.state === 'removed' || outcome?.state === 'gone');
  if (gone.length === directories.length) return `${links} removed, ${where}`;
  return `${gone.length} of ${directories.length} container directories cleaned; the others still have a mount of the defect`;
}

/** What became, or would become, of a directory. */
export function outcomeText({ outcome, obstacle }: SweepDirectory): string | null {
  if (!outcome) return obstacle === null ? null : `cannot be cleaned: ${shown(obstacle)}`;
  const because = outcome.because === null ? '' : `: ${shown(outcome.because)}`;
  const state = {
    removed: 'removed, and gone from the mount table',
    gone: 'gone',
    refused: 'left as it is',
    failed: 'not removed',
    interrupted: 'interrupted; left as it is',
  }[outcome.state];
  return `${state}${because}`;
}

export const otherKind = ({ mountPoint, fsType }: Sweep['otherKinds'][number]): string =>
  `${shown(mountPoint)} (${shown(fsType)}): its target does not exist. Another kind, not this defect (see kubernetes #139535); left alone`;

/** All that is to be said besides the list. */
export function notesOf({ notes, podNames, malformedLines, abandoned, mounts }: Sweep): string[] {
  return [
    ...notes,
    ...(podNames.because === null ? [] : [`pods by their UIDs alone: ${shown(podNames.because)}`]),
    ...(podNames.from !== null && mounts.some(({ pod }) => pod === null)
      ? [
          `${podNames.from} does not know every pod here: one that it does not know has been deleted, or is another cluster's`,
        ]
      : []),
    ...abandoned.map(
      (path) => `${path} is left from a sweep that was killed; --apply takes it away, harmlessly`,
    ),
    ...(malformedLines > 0 ? [`${malformedLines} lines of the mount table could not be read`] : []),
  ];
}

export function next({ applied, directories, abandoned }: Sweep): string | null {
  if (!applied && (directories.some(({ obstacle }) => obstacle === null) || abandoned.length > 0)) {
    return 'remove them as root: subpathfix sweep --apply (with --dry-run it only says what it would run)';
  }
  if (!applied || directories.every(({ outcome }) => outcome?.state !== 'removed')) return null;
  return 'nothing: kubelet tries these pods again by itself, one that is being deleted within about 2 minutes';
}

/** A command as bash reads it back, on one line. */
export function commandText({ file, args }: { file: string; args: string[] }): string {
  return [file, ...args]
    .map((word) => (commentText(word) === word ? shellQuoted({ file: word, args: [] }) : ansiQuoted(word)))
    .join(' ');
}

const ansiQuoted = (word: string): string => `$'${commentText(word.replace(/[\\']/g, '\\$&'))}'`;
