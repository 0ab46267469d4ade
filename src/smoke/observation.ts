/** Observes the pods until the verdict is certain, or the time is over. */
import type { Advisory } from '../advisory/index.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { watch } from '../cluster/watch.ts';
import type { Host } from '../host/host.ts';
import { type Expectation, type Judgement, judgePods } from './judge-pods.ts';
import { nameOf, runLabel, type SmokeTarget } from './objects.ts';
import { type Observed, observe } from './observe.ts';
import type { OnStep, SmokeVerdict } from './result.ts';

/** A run that may create its objects. */
export interface SmokeRun {
  host: Host;
  kubectl: Kubectl;
  advisory: Advisory;
  target: SmokeTarget;
  expected: Expectation;
  /** by the clock that is never set */
  deadline: number;
  /** ends the run; what was created is removed nonetheless */
  signal: AbortSignal;
  onStep: OnStep;
}

/** Once the verdict is certain, the other containers get so long to show theirs. */
const completionMs = 500;
/** A large cluster says much at once; it is judged so often at most. */
const intervalMs = 25;

/**
 * Begins to watch at once, so that nothing is missed; verdict() is asked when the pod has been requested.
 * @param end ends the watches
 */
export function beginObservation(
  { host, kubectl, advisory, target, expected, deadline, signal, onStep }: SmokeRun,
  observed: Observed,
  end: AbortSignal,
): { verdict(): Promise<SmokeVerdict> } {
  let trouble: string | null = null;
  let changed = new AbortController();
  for (const path of watchPaths(target)) {
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
    void watch(host, kubectl, handlers, Math.max(1000, deadline - host.monotonic()), end);
  }

  return {
    async verdict() {
      const requested = host.monotonic();
      let scheduled: number | undefined;
      let decided: number | undefined;
      let judgement: Judgement;
      for (;;) {
        changed = new AbortController();
        judgement = judgePods(observed, expected, advisory);
        const now = host.monotonic();
        if (scheduled === undefined && allScheduled(observed)) {
          scheduled = now;
          onStep({ code: 'scheduled', text: 'the pod is scheduled' });
        }
        if (judgement.decided) decided ??= now;
        if (decided !== undefined && (judgement.complete || now - decided > completionMs)) break;
        if (signal.aborted || now >= deadline) break;
        const rest = Math.min(deadline - now, decided === undefined ? 60_000 : 100);
        await host.pause(rest, AbortSignal.any([changed.signal, signal]));
        await host.pause(intervalMs, signal);
      }
      return {
        ...conclusion(judgement, signal.aborted, trouble, deadline - requested),
        scheduledMs: between(requested, scheduled),
        decidedMs: between(scheduled, decided),
      };
    },
  };
}

const between = (start: number | undefined, end: number | undefined): number | undefined =>
  start === undefined || end === undefined ? undefined : end - start;

function conclusion(
  { state, because, nodes, decided }: Judgement,
  interrupted: boolean,
  trouble: string | null,
  timeMs: number,
): SmokeVerdict {
  if (decided || state === 'affected') return { state, because, nodes };
  const why = interrupted
    ? 'interrupted'
    : trouble === null
      ? `not within ${Math.round(timeMs / 1000)} s`
      : `the API server stopped answering: ${trouble}`;
  return { state: 'undetermined', because: `${why}; ${because}`, nodes };
}

/** One pod's events have its name; a DaemonSet's pods get theirs from the controller. */
function watchPaths({ namespace, run, where }: SmokeTarget): string[] {
  const base = `/api/v1/namespaces/${namespace}`;
  const pods = encodeURIComponent(`${runLabel}=${run}`);
  const about = encodeURIComponent(`involvedObject.name=${nameOf({ run })}`);
  return [
    `${base}/pods?labelSelector=${pods}`,
    `${base}/events${where === 'all' ? '' : `?fieldSelector=${about}`}`,
  ];
}

const allScheduled = ({ pods }: Observed): boolean =>
  pods.size > 0 && [...pods.values()].every(({ node }) => node !== null);
