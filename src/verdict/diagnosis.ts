/** Decides what the messages of a log show: the defect, what it left behind, or something else. Pure. */
import { advisory } from '../advisory/index.ts';
import type { LookAlikeCode } from '../advisory/look-alikes.ts';
import type { Signature } from '../advisory/signatures.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import type { SeenPlace, SeenPod } from '../facts/logs/seen.ts';

/**
 * proven: both halves of the defect, or mount's own words; likely: one half; aftermath: a leftover is in the way of a
 * mount that may work; unclear: a symptom that has other causes too; other: what has another cause. From the strongest
 * to the weakest.
 */
export const strengths = ['proven', 'likely', 'aftermath', 'unclear', 'other'] as const;
export type Strength = (typeof strengths)[number];

const partOf = new Map<string, Signature['part']>(advisory.signatures.map(({ id, part }) => [id, part]));

/** One mount of a pod. */
function strengthOfPlace({ signatures, lookAlikes, attempted, volume }: SeenPlace): Strength {
  const parts = new Set([...signatures].map((id) => partOf.get(id)));
  // Where what they are about is cut off, they need not be about a subPath.
  if (parts.has('mount')) return volume === '' ? 'likely' : 'proven';
  if (parts.has('runtime')) {
    return attempted || parts.has('kubelet') || parts.has('symptom') ? 'proven' : 'likely';
  }
  if (parts.has('leftover')) return 'aftermath';
  // A reason for the failure that is none of the defect's.
  if (lookAlikes.size > 0) return 'other';
  return parts.has('kubelet') ? 'likely' : 'unclear';
}

export interface Diagnosed {
  pod: SeenPod;
  strength: Strength;
  /** its mounts that have this strength */
  places: SeenPlace[];
  lookAlikes: LookAlikeCode[];
  /** from when on a leftover alone was seen; null if it is not so, or not known */
  leftoversSince: string | null;
}

/** An affected kubelet alternates between the two messages, every 10 to 15 s (measured with 1.32). */
const alternationMs = 120_000;

export function diagnose(pods: readonly SeenPod[]): Diagnosed[] {
  return pods
    .map((pod): Diagnosed => {
      const all = pod.places.map((place) => ({ place, strength: strengthOfPlace(place) }));
      const strength = strongest(all.map((each) => each.strength));
      const places = all.filter((each) => each.strength === strength).map(({ place }) => place);
      const lookAlikes = [...new Set(places.flatMap((place) => [...place.lookAlikes]))];
      return { pod, strength, places, lookAlikes, leftoversSince: leftoversSince(pod, strength) };
    })
    .toSorted((left, right) => strengths.indexOf(left.strength) - strengths.indexOf(right.strength));
}

const strongest = (all: readonly Strength[]): Strength =>
  strengths.find((each) => all.includes(each)) ?? 'other';

function leftoversSince({ lastOf: { defect, leftover } }: SeenPod, strength: Strength): string | null {
  if (strength !== 'proven' && strength !== 'likely') return null;
  if (defect === null || leftover === null) return null;
  return Date.parse(leftover) - Date.parse(defect) > alternationMs ? defect : null;
}

/**
 * 1 for the defect; 3 where the log does not decide: for half of it, and for a leftover, since a log does not tell
 * whether the mount works now; 0 where nothing of it was seen, in all of the log.
 * @param isWhole whether everything that was asked for could be read
 */
export function exitCodeOfDiagnosis(
  found: readonly Pick<Diagnosed, 'strength'>[],
  isWhole: boolean,
): ExitCode {
  const strength = strongest(found.map((each) => each.strength));
  if (strength === 'proven') return exitCodes.affected;
  if (strength !== 'other') return exitCodes.undetermined;
  return isWhole ? exitCodes.good : exitCodes.undetermined;
}
