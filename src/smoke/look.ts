/** Looks at the pods until the verdict is there, or the time is over. */
import type { Advisory } from '../advisory/index.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { pause, watch } from '../cluster/watch.ts';
import type { Host } from '../host/host.ts';
import { type Expectation, type Judgement, judge } from './judge-pods.ts';
import { nameOf, runLabel, type SmokeTarget } from './objects.ts';
import { type Observed, observe } from './observe.ts';
import type { SmokeResult } from './result.ts';

/** Once the verdict is certain, the other containers get so long to show theirs. */
const completionMs = 500;
/** A large cluster says much at once; it is judged so often at most. */
const intervalMs = 25;

interface Scene {
  target: SmokeTarget;
  observed: Observed;
  expected: Expectation;
  /** of Date.now() */
  deadline: number;
}

export type Verdict = Pick<SmokeResult, 'state' | 'because' | 'nodes' | 'scheduledMs' | 'decidedMs'>;

/** Begins to watch at once, so that nothing is missed; verdict() is asked when the pod has been requested. */
export function look(
  host: Host,
  kubectl: Kubectl,
  { target, observed, expected, deadline }: Scene,
  advisory: Advisory,
  { interrupted, end }: { interrupted: AbortSignal; end: AbortController },
): { verdict(onProgress: (line: string) => void): Promise<Verdict> } {
  let trouble: string | null = null;
  let changed = new AbortController();
  const follow = (path: string): void => {
    const handlers = {
      path,
      onLine: (line: string) => {
        trouble = null;
        const result = observe(observed, line);
        changed.abort();
        return result;
      },
      onEnd: (words: string) => {
        if (words !== '') trouble = words;
      },
    };
    void watch(host, kubectl, handlers, Math.max(1000, deadline - Date.now()), end.signal);
  };
  for (const path of watchPaths(target)) follow(path);

  return {
    async verdict(onProgress) {
      const requested = Date.now();
      let scheduled: number | null = null;
      let decided: number | null = null;
      let judgement: Judgement;
      for (;;) {
        changed = new AbortController();
        judgement = judge(observed, expected, advisory);
        const now = Date.now();
        if (scheduled === null && allScheduled(observed)) {
          scheduled = now;
          onProgress('the pod is scheduled');
        }
        if (judgement.decided) decided ??= now;
        if (decided !== null && (judgement.complete || now - decided > completionMs)) break;
        if (interrupted.aborted || now >= deadline) break;
        const rest = Math.min(deadline - now, decided === null ? Number.POSITIVE_INFINITY : 100);
        await pause(Math.min(rest, 60_000), AbortSignal.any([changed.signal, interrupted]));
        await pause(intervalMs, interrupted);
      }
      const times = {
        ...(scheduled === null ? {} : { scheduledMs: scheduled - requested }),
        ...(scheduled === null || decided === null ? {} : { decidedMs: decided - scheduled }),
      };
      return { ...conclusion(judgement, interrupted.aborted, trouble, deadline - requested), ...times };
    },
  };
}

function conclusion(
  { state, because, nodes, decided }: Judgement,
  interrupted: boolean,
  trouble: string | null,
  timeMs: number,
): Pick<Verdict, 'state' | 'because' | 'nodes'> {
  if (decided || state === 'affected') return { state, because, nodes };
  const why = interrupted
    ? 'interrupted'
    : trouble === null
      ? `not within ${Math.round(timeMs / 1000)} s`
      : `the API server stopped answering: ${trouble}`;
  return { state: 'undetermined', because: `${why}; ${because}`, nodes };
}

/** One pod's events have its name; a DaemonSet's pods get theirs from the controller. */
function watchPaths({ namespace, identity, where }: SmokeTarget): string[] {
  const base = `/api/v1/namespaces/${namespace}`;
  const name = nameOf(identity);
  const events = where === 'all' ? '' : `?fieldSelector=${encodeURIComponent(`involvedObject.name=${name}`)}`;
  return [
    `${base}/pods?labelSelector=${encodeURIComponent(`${runLabel}=${identity.run}`)}`,
    `${base}/events${events}`,
  ];
}

const allScheduled = ({ pods }: Observed): boolean =>
  pods.size > 0 && [...pods.values()].every(({ node }) => node !== null);
