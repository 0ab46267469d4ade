/** Removes what a run has created, and says what stays. */
import { ask, type Call, type Kubectl } from '../cluster/kubectl.ts';
import type { Host } from '../host/host.ts';
import { runLabel, type SmokeTarget } from './objects.ts';

/** What kubelet is given to let go of the pods before they are removed past it. */
const letGoSeconds = 3;
const limits = { timeoutMs: 14_000 };

type Removable = Pick<SmokeTarget, 'namespace' | 'own' | 'run'>;

const deletion = (...args: string[]): Call => ({ args: ['delete', ...args], mutates: true });

/**
 * A pod that kubelet lets go of by itself has left nothing on its node. On an affected node it does not: the
 * mounts of files keep it. Then the pod is removed past it, which is safe as it holds nothing.
 */
export function removalCalls({ namespace, own, run }: Removable) {
  const selected = ['-n', namespace, '-l', `${runLabel}=${run}`, '--ignore-not-found'];
  // Not by way of the owner: garbage collection would give the pods no time at all.
  const patiently = ['--cascade=orphan', '--grace-period=1', `--timeout=${letGoSeconds}s`];
  return {
    daemonSet: deletion('daemonsets.apps', ...selected, ...patiently),
    gently: deletion('pods', ...selected, ...patiently),
    past: deletion('pods', ...selected, '--grace-period=0', '--force', '--wait=false'),
    rest: own
      ? deletion('namespace', namespace, '--ignore-not-found', '--timeout=12s')
      : deletion('jobs,configmaps,secrets', ...selected, '--timeout=5s'),
  };
}

export interface Removed {
  /** the API has none of the run's objects any more */
  removed: boolean;
  /** kubelet has let go of the pods */
  letGo: boolean;
  /** kubectl's, where something stays */
  words: string;
}

/** @param all there is a DaemonSet, which must not replace the pods */
export async function remove(
  host: Host,
  kubectl: Kubectl,
  target: Removable,
  all: boolean,
): Promise<Removed> {
  const calls = removalCalls(target);
  const run = (call: Call) => ask(host, kubectl, call, limits);
  const pods = async (): Promise<Omit<Removed, 'removed'>> => {
    if (all) await run(calls.daemonSet);
    if ((await run(calls.gently)).ok) return { letGo: true, words: '' };
    return { letGo: false, words: (await run(calls.past)).words };
  };
  if (target.own) {
    // The namespace controller waits for 5 s before it begins, so the pods go first either way.
    const [{ letGo }, { ok, words }] = await Promise.all([pods(), run(calls.rest)]);
    return { removed: ok, letGo, words };
  }
  const { letGo, words } = await pods();
  const rest = await run(calls.rest);
  return { removed: rest.ok && words === '', letGo, words: [words, rest.words].filter(Boolean).join('; ') };
}
