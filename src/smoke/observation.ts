/** Observes the pods until the verdict is certain, or the time is up. */
import type { Advisory } from '../advisory/index.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { NodeView } from '../cluster/views.ts';
import { type Watch, watch } from '../cluster/watch.ts';
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
  /** null: for one node */
  plan: Plan | null;
  /** by the monotonic clock; with a plan, for what comes before the first turn */
  deadline: number;
  /** ends the run; what was created is still removed */
  signal: AbortSignal;
  onStep: OnStep;
}

/** What a run on all nodes needs besides. */
export interface Plan {
  nodes: NodeView[];
  /** of their list */
  resourceVersion: string;
  /** of their labels; empty: all */
  selector: string;
  /** how many have their turn at once */
  jobs: number;
  /** for each: for its pod to come, and then for its verdict */
  timeoutMs: number;
  /** results of an earlier run are taken over */
  resume: boolean;
}

/** How long the other containers get to show their state once the verdict is certain. */
export const completionMs = 500;
/** A large cluster sends many events at once; the pods are judged at most this often. */
const intervalMs = 25;

/**
 * Begins to watch at once, so that nothing is missed; verdict() is called once the pod has been requested.
 * @param end ends the watches
 */
export function beginObservation(
  run: SmokeRun,
  observed: Observed,
  end: AbortSignal,
): { verdict(): Promise<SmokeVerdict> } {
  const { host, advisory, expected, deadline, signal, onStep } = run;
  const rest = Math.max(1000, deadline - host.monotonic());
  const watches = beginWatches(run, observed, rest, end);
  return {
    async verdict() {
      const requested = host.monotonic();
      let scheduled: number | undefined;
      let decided: number | undefined;
      let judgement: Judgement;
      for (;;) {
        watches.listen();
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
        await watches.change(rest);
      }
      return {
        ...conclusion(judgement, signal.aborted, watches.error(), deadline - requested),
        scheduledMs: between(requested, scheduled),
        decidedMs: between(scheduled, decided),
      };
    },
  };
}

export interface Watches {
  /** what comes from now on ends the next wait for a change */
  listen(): void;
  /** Waits until something has come, the time is up, or the run ends. */
  change(mostMs: number): Promise<void>;
  /** why the last watch ended; null if something has come since */
  error(): string | null;
}

/**
 * Watches the pods and their events, in one request each.
 * @param more further watches, with what takes in their lines
 */
export function beginWatches(
  { host, kubectl, target, signal }: Pick<SmokeRun, 'host' | 'kubectl' | 'target' | 'signal'>,
  observed: Observed,
  timeoutMs: number,
  end: AbortSignal,
  more: readonly Pick<Watch, 'path' | 'resourceVersion' | 'onLine'>[] = [],
): Watches {
  let error: string | null = null;
  let changed = new AbortController();
  const own = watchPaths(target).map((path) => ({ path, onLine: (line: string) => observe(observed, line) }));
  for (const { onLine, ...each } of [...own, ...more]) {
    const handlers = {
      ...each,
      onLine: (line: string) => {
        error = null;
        const result = onLine(line);
        changed.abort();
        return result;
      },
      onEnd: (words: string) => {
        if (words !== '') error = words;
      },
    };
    void watch(host, kubectl, handlers, timeoutMs, end);
  }
  return {
    listen() {
      changed = new AbortController();
    },
    async change(mostMs) {
      await host.pause(mostMs, AbortSignal.any([changed.signal, signal]));
      await host.pause(intervalMs, signal);
    },
    error: () => error,
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
    `${base}/events${'nodes' in where ? '' : `?fieldSelector=${about}`}`,
  ];
}

const allScheduled = ({ pods }: Observed): boolean =>
  pods.size > 0 && [...pods.values()].every(({ node }) => node !== null);
