/** Gathers what the cluster says of the pods. What has been said once is kept: a status shows it for a second. */
import {
  type EventView,
  eventView,
  type PodView,
  parsed,
  podView,
  textAt,
  valueAt,
} from '../cluster/views.ts';

/** One thing that was said of a container or a pod. */
export interface Said {
  reason: string;
  message: string;
}

export interface Observed {
  /** the prefix of the names that are this run's */
  name: string;
  pods: Map<string, PodView>;
  /** by pod and container, as saidOf finds it */
  said: Map<string, Said[]>;
  /** why the DaemonSet's pods cannot be created; null where they can */
  refused: string | null;
}

export const newObserved = (name: string): Observed => ({
  name,
  pods: new Map(),
  said: new Map(),
  refused: null,
});

/** @param container the empty one for what is said of the whole pod */
export const saidOf = ({ said }: Observed, podUid: string, container: string): readonly Said[] =>
  said.get(`${podUid}/${container}`) ?? [];

const keptPerContainer = 50;

/** Waiting reasons that say nothing. */
const quiet = new Set(['', 'ContainerCreating', 'PodInitializing']);

/**
 * Takes in a line of a watch. What is not of this run, not an object or cut off changes nothing.
 * @returns whether the watch says that it cannot go on (its history is gone)
 */
export function observe(observed: Observed, line: string): { broken: boolean } {
  const event = parsed(line);
  const type = textAt(event, 'type');
  const object = valueAt(event, 'object');
  const kind = textAt(object, 'kind');
  if (kind === 'Pod') observePod(observed, podView(object), type === 'DELETED');
  if (kind === 'Event') observeEvent(observed, eventView(object));
  return { broken: type === 'ERROR' };
}

function observePod(observed: Observed, pod: PodView | null, deleted: boolean): void {
  if (!pod?.name.startsWith(observed.name)) return;
  if (deleted) observed.pods.delete(pod.uid);
  else observed.pods.set(pod.uid, pod);
  for (const { name, state, reason, message } of pod.containers) {
    if (state === 'waiting' && !quiet.has(reason)) add(observed, pod.uid, name, { reason, message });
  }
}

function observeEvent(observed: Observed, event: EventView | null): void {
  if (!event?.name.startsWith(observed.name)) return;
  const { kind, component, uid, container, reason, message } = event;
  if (kind === 'DaemonSet' && component === 'daemonset-controller' && reason === 'FailedCreate') {
    // A namespace's service account comes a moment after the namespace: the controller tries again.
    if (!/serviceaccount|being terminated/.test(message)) observed.refused = message;
  }
  // Others may write events too; only kubelet knows how a mount went.
  if (kind === 'Pod' && component === 'kubelet' && warnings.test(reason)) {
    add(observed, uid, container ?? '', { reason, message });
  }
}

const warnings = /^(Failed|BackOff|Unhealthy|InspectFailed|ErrImageNeverPull|NetworkNotReady|Evicted|OutOf)/;

function add({ said }: Observed, podUid: string, container: string, what: Said): void {
  const key = `${podUid}/${container}`;
  const all = said.get(key) ?? [];
  said.set(key, all);
  if (all.some(({ reason, message }) => reason === what.reason && message === what.message)) return;
  // The first ones are those with the proof; of the rest, the last is kept.
  if (all.length >= keptPerContainer) all.pop();
  all.push(what);
}
