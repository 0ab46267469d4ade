/** What `diagnose` says of its findings. */
import type { Strength } from '../../verdict/diagnosis.ts';
import type { Outcome } from '../document.ts';
import type { Diagnose, Found } from './diagnose-shape.ts';

export const outcomeOfStrength: Record<Strength, Outcome> = {
  proven: 'bad',
  likely: 'unknown',
  aftermath: 'unknown',
  unclear: 'unknown',
  other: 'good',
};

export const words: Record<Strength, string> = {
  proven: 'this defect',
  likely: 'likely this defect',
  aftermath: 'held by a leftover',
  unclear: 'cannot determine',
  other: 'something else',
};

export const why: Record<Strength, string> = {
  proven: 'both halves of the defect, or what mount itself says of it',
  likely: 'one half of the defect; the other was not logged, or is not in this log',
  aftermath: 'what the defect left is in the way of a mount that may work by now',
  unclear: "a symptom that has other causes too; kubelet's log has the reason",
  other: 'another cause is in the log',
};

const podsText = (count: number): string => (count === 1 ? '1 pod' : `${count} pods`);

/** The answer in a few words. */
export function headline(
  { findings, strength }: Pick<Diagnose, 'findings' | 'strength'>,
  isWhole: boolean,
): string {
  const count = findings.filter((each) => each.strength === strength).length;
  switch (strength) {
    case 'proven':
      return `this defect: proven for ${podsText(count)}`;
    case 'likely':
      return `likely this defect: half of it was seen for ${podsText(count)}`;
    case 'aftermath':
      return `this node's mount may be fixed: run sweep; ${podsText(count)} ${count === 1 ? 'is' : 'are'} held by leftovers`;
    case 'unclear':
      return `cannot determine: ${podsText(count)} could not get a subPath, but the reason is not in this log`;
    case 'other':
      return isWhole ? 'something else, not this defect' : 'something else so far, but not all could be read';
    case null:
      return isWhole ? 'no sign of this defect' : 'no sign of this defect so far, but not all could be read';
  }
}

/** A pod by its name, else by its UID. */
export function podText({ pod }: Pick<Found, 'pod'>): string {
  if (!pod) return '(no pod named)';
  if (pod.name === null) return pod.uid ?? '(no pod named)';
  return pod.namespace === null ? pod.name : `${pod.namespace}/${pod.name}`;
}

/** A mount by its volume and container. */
export const mountsText = ({ mounts }: Pick<Found, 'mounts'>): string =>
  mounts
    .filter(({ volume, container }) => volume !== null || container !== null)
    .map(({ volume, container, index }) =>
      [container ?? '?', volume ?? '?', index].filter((each) => each !== null).join('/'),
    )
    .join(', ');

export const seenText = ({ firstSeen, lastSeen }: Found): string =>
  firstSeen === null || lastSeen === null
    ? '-'
    : firstSeen === lastSeen
      ? firstSeen
      : `${firstSeen} to ${lastSeen}`;
