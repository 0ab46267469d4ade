/** Removes what a run has created, and says what stays. */

import { ask, type Call, type Kubectl } from '../cluster/kubectl.ts';
import type { Host } from '../host/host.ts';
import { runLabel } from './objects.ts';

/** What kubelet is given to let go of the pods before they are removed past it. */
const letGoSeconds = 3;
const limits = { timeoutMs: 14_000 };

export interface Removal {
  namespace: string;
  /** the namespace goes too */
  own: boolean;
  run: string;
}

/**
 * A pod that kubelet lets go of by itself has left nothing on its node. On an affected node it does not: the
 * mounts of files keep it. Then the pod is removed past it, which is safe as it holds nothing.
 */
export function removalCalls({ namespace, own, run }: Removal): {
  gently: Call;
  past: Call;
  rest: Call;
} {
  const selected = ['-n', namespace, '-l', `${runLabel}=${run}`, '--ignore-not-found'];
  const seconds = `--timeout=${letGoSeconds}s`;
  return {
    gently: {
      // Not by way of the owner: garbage collection would give the pods no time at all.
      args: ['delete', 'pods', ...selected, '--cascade=orphan', '--grace-period=1', seconds],
      mutates: true,
    },
    past: {
      args: ['delete', 'pods', ...selected, '--grace-period=0', '--force', '--wait=false'],
      mutates: true,
    },
    rest: own
      ? { args: ['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=12s'], mutates: true }
      : { args: ['delete', 'jobs,configmaps,secrets', ...selected, '--timeout=5s'], mutates: true },
  };
}

/**
 * @param all there is a DaemonSet, which must not replace the pods
 * @returns whether the API has none of the run's objects any more; whether kubelet has let go of the pods; and
 * kubectl's words where not
 */
export async function remove(
  host: Host,
  kubectl: Kubectl,
  removal: Removal,
  all: boolean,
): Promise<{ removed: boolean; letGo: boolean; words: string }> {
  const calls = removalCalls(removal);
  const run = (call: Call) => ask(host, kubectl, call, limits);
  const pods = async (): Promise<{ letGo: boolean; words: string }> => {
    if (all) {
      const { args } = calls.gently;
      await run({ args: args.map((arg) => (arg === 'pods' ? 'daemonsets.apps' : arg)), mutates: true });
    }
    const gently = await run(calls.gently);
    if (gently.ok) return { letGo: true, words: '' };
    const past = await run(calls.past);
    return { letGo: false, words: past.ok ? '' : past.words };
  };
  if (removal.own) {
    // The namespace controller waits for 5 s before it begins, so the pods go first either way.
    const [gone, rest] = await Promise.all([pods(), run(calls.rest)]);
    return { removed: rest.ok, letGo: gone.letGo, words: rest.words };
  }
  const gone = await pods();
  const rest = await run(calls.rest);
  return {
    removed: rest.ok && gone.words === '',
    letGo: gone.letGo,
    words: [gone.words, rest.words].filter(Boolean).join('; '),
  };
}
