/** Removes what the defect left of the run's own pod on this machine: it would keep kubelet from removing the pod. */
import { removeLeftovers, scratchPath } from '../apply/sweep.ts';
import { readLeftovers } from '../facts/leftovers/leftovers.ts';
import { type Host, ReadError } from '../host/host.ts';

const lookMs = 300;
/** kubelet makes none any more once it ends the pod; after this time without one there is none to come. */
const quietMs = 1000;
const mostMs = 15_000;

/**
 * Looks again and again while the pod is being removed, and removes what there is. Goes on after an interruption.
 * @param own the UIDs of the pods
 * @param removing ends when the pod is gone from the API
 * @returns the UIDs of the pods of which there was something, and nothing is left
 */
export async function removeOwnLeftovers(
  host: Host,
  own: ReadonlySet<string>,
  removing: Promise<unknown>,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const always = new AbortController().signal;
  const until = host.monotonic() + mostMs;
  let isRemoved = false;
  void removing.finally(() => {
    isRemoved = true;
  });
  for (let quietSince = host.monotonic(); ; ) {
    const found = (await leftoversOf(host, own)) ?? [];
    for (const directory of found) {
      seen.add(directory.podUid);
      await removeLeftovers(host, directory, scratchPath(host.pid), always);
    }
    const now = host.monotonic();
    if (found.length > 0) quietSince = now;
    const isQuiet = found.length === 0 && isRemoved && (seen.size === 0 || now - quietSince >= quietMs);
    if (isQuiet || now > until) {
      const left = new Set(found.map(({ podUid }) => podUid));
      return new Set([...seen].filter((uid) => !left.has(uid)));
    }
    await host.pause(lookMs);
  }
}

/** @returns null if the mount table cannot be read */
async function leftoversOf(host: Host, own: ReadonlySet<string>) {
  try {
    return (await readLeftovers(host)).directories.filter(({ podUid }) => own.has(podUid));
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}
