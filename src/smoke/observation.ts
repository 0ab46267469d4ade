/** Observes the pods until the verdict is certain, or the time is up. */
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
  /** by the monotonic clock */
  deadline: number;
  /** ends the run; what was created is still removed */
  signal: AbortSignal;
  onStep: OnStep;
}

/** How long the other containers get to show their state once the verdict is certain. */
const completionMs = 500;
/** A large cluster sends many events at once; the pods are judged at most this often. */
const intervalMs = 25;

/**
 * Begins to watch at once, so that nothing is missed; verdict() is called once the pod has been requested.
 * @param end ends the watches
 */
export function beginObservation(
  { host, kubectl, advisory, target, expected, deadline, signal, onStep }: SmokeRun,
  observed: Observed,
  end: AbortSignal,
): { verdict(): Promise<SmokeVerdict> } {
  let watchError: string | null = null;
  let changed = new AbortController();
  for (const path of watchPaths(target)) {
    const handlers = {
      path,
      onLine: (line: string) => {
        watchError = null;
        const result = observe(observed, line);
        changed.abort();
        return result;
      },
      onEnd: (words: string) => {
        if (words !== '') watchError = words;
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
        ...conclusion(judgement, signal.aborted, watchError, deadline - requested),
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
  watchError: string | null,
  timeMs: number,
): SmokeVerdict {
  if (decided || state === 'affected') return { state, because, nodes };
  const why = interrupted
    ? 'interrupted'
    : watchError === null
      ? `no result within ${Math.round(timeMs / 1000)} s`
      : `the API server stopped answering: ${watchError}`;
  return { state: 'undetermined', because: `${why}; ${because}`, nodes };
}

/** Events of a single pod are selected by its name; the controller names the pods of a DaemonSet. */
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
