/** Removes what a run created, and says what remains. */
import { ask, type Call, type Kubectl } from '../cluster/kubectl.ts';
import type { Host } from '../host/host.ts';
import { runLabel, type SmokeTarget } from './objects.ts';

/**
 * How long kubelet gets to release the pods before they are force-deleted: usually it takes 2 s. With what the defect
 * leaves behind it may never do so.
 */
const releaseSeconds = { usual: 10, failed: 3 };
const limits = { timeoutMs: 14_000 };

type Removable = Pick<SmokeTarget, 'namespace' | 'own' | 'run'>;

const deletion = (...args: string[]): Call => ({ args: ['delete', ...args], mutates: true });

/**
 * A pod that kubelet releases has left nothing on its node. On an affected node the mounts of files prevent that;
 * then the pod is force-deleted, which is safe because it holds nothing.
 */
export function removalCalls({ namespace, own, run }: Removable, failed = false) {
  const selected = ['-n', namespace, '-l', `${runLabel}=${run}`, '--ignore-not-found'];
  // Not through the owner: garbage collection would give the pods no time at all.
  const withGrace = [
    '--cascade=orphan',
    '--grace-period=1',
    `--timeout=${failed ? releaseSeconds.failed : releaseSeconds.usual}s`,
  ];
  return {
    // With its pods, and with what the controller keeps about it.
    daemonSet: deletion('daemonsets.apps', ...selected, '--cascade=foreground', '--timeout=10s'),
    gracefully: deletion('pods', ...selected, ...withGrace),
    forcibly: deletion('pods', ...selected, '--grace-period=0', '--force', '--wait=false'),
    rest: own
      ? deletion('namespace', namespace, '--ignore-not-found', '--wait=false')
      : deletion('jobs,configmaps,secrets', ...selected, '--timeout=5s'),
  };
}

export interface Removed {
  /** the API has none of the run's objects any more, or only in a namespace that it is removing */
  removed: boolean;
  /** kubelet has released the pods */
  released: boolean;
  /** kubectl's error, if something remains */
  words: string;
}

/**
 * @param all there is a DaemonSet, which would replace the pods
 * @param failed a subPath failed in a way that can keep kubelet from releasing the pods
 */
export async function remove(
  host: Host,
  kubectl: Kubectl,
  target: Removable,
  { all, failed = false }: { all: boolean; failed?: boolean },
): Promise<Removed> {
  const calls = removalCalls(target, failed);
  const run = (call: Call) => ask(host, kubectl, call, limits);
  const pods = async (): Promise<Omit<Removed, 'removed'>> => {
    if (all) await run(calls.daemonSet);
    if ((await run(calls.gracefully)).ok) return { released: true, words: '' };
    return { released: false, words: (await run(calls.forcibly)).words };
  };
  if (target.own) {
    // The namespace controller waits for 5 s before it begins: the pods go first, and nobody needs to wait for the rest.
    const [{ released }, { ok, words }] = await Promise.all([pods(), run(calls.rest)]);
    return { removed: ok, released, words };
  }
  const { released, words } = await pods();
  const rest = await run(calls.rest);
  return {
    removed: rest.ok && words === '',
    released,
    words: [words, rest.words].filter(Boolean).join('; '),
  };
}
