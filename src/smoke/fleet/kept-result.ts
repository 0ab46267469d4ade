/** A result that is kept for a later run, wherever it is kept. Pure. */
import type { Member } from './rollout.ts';

/** The result of a node, and what must still be the same for it to hold. */
export interface Kept {
  uid: string;
  bootId: string;
  kubelet: string;
  runtime: string;
  /** ms since the epoch */
  at: number;
  state: 'fixed' | 'affected';
  because: string;
}

/** As long as an API server keeps events by default (--event-ttl): they tell whether kubelet was restarted. */
export const mostAgeMs = 3_600_000;
/** Clocks differ: a kubelet that started shortly before the test may have started after it. */
export const skewMs = 120_000;

/** @returns null for a node that has not said what tells its machine from others */
export const entryOf = ({ view }: Member, at: number): Omit<Kept, 'state' | 'because'> | null => {
  const { uid, machine, hints } = view;
  const { kubelet, runtime } = hints;
  if (machine.bootId === null || uid === '' || kubelet === undefined || runtime === undefined) return null;
  return { uid, bootId: machine.bootId, kubelet, runtime, at };
};

/** The newest of each node, by UID. */
export function newest(all: readonly Kept[]): Map<string, Kept> {
  const byUid = new Map<string, Kept>();
  for (const each of all) {
    const other = byUid.get(each.uid);
    if (!other || other.at < each.at) byUid.set(each.uid, each);
  }
  return byUid;
}
