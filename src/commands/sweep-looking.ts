/** Looks for leftovers for long enough to say that there are none. */
import type { Fact } from '../facts/fact.ts';
import { type Leftovers, readLeftovers } from '../facts/leftovers/leftovers.ts';
import type { Host } from '../host/host.ts';
import type { Sweep } from '../report/documents/sweep.ts';

/** Whether the mount that the running kubelet uses has the defect. */
export type KubeletMount = Fact<'affected' | 'fixed'>;

const againMs = 1000;
/** kubelet makes one anew every 10 to 15 s, as long as a pod fails because of the defect (measured with 1.32). */
const lookMs = 20_000;

export interface Looked {
  found: Leftovers;
  notes: Sweep['notes'];
}

/**
 * One look is enough while kubelet's mount works. With the defect they come and go: then until one is found, or the
 * time is up.
 * @param table the mount table to look at
 * @param say tells a person what is waited for
 */
export async function lookForLeftovers(
  host: Host,
  table: string,
  kubeletMount: () => Promise<KubeletMount>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Looked> {
  const first = await readLeftovers(host, table);
  if (first.directories.length > 0) return { found: first, notes: [] };
  const mount = await kubeletMount();
  if (!mount.known) return { found: first, notes: mount.unreadable ? [unclear(mount.reason.text)] : [] };
  if (mount.value === 'fixed') return { found: first, notes: [] };
  say(`kubelet's mount has the defect, so leftovers come and go: looking for ${lookMs / 1000} s`);
  const until = host.monotonic() + lookMs;
  let found = first;
  while (found.directories.length === 0 && host.monotonic() < until && !signal.aborted) {
    await host.pause(againMs, signal);
    found = await readLeftovers(host, table);
  }
  return { found, notes: found.directories.length > 0 ? [] : [comeAndGo(mount.evidence)] };
}

const unclear = (why: string): Sweep['notes'][number] => ({
  code: 'kubelet-not-known',
  text: `cannot determine whether kubelet's mount has the defect (${why}); if it does, leftovers come and go, and one look proves nothing`,
});

const comeAndGo = (evidence: string): Sweep['notes'][number] => ({
  code: 'kubelet-still-affected',
  text: `kubelet's mount has the defect (${evidence}): there were none within ${lookMs / 1000} s, but every pod that needs a subPath will leave some. Fix that first (subpathfix generate)`,
});
