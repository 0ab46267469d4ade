/** Collects what the cluster reports about the pods, and keeps it: a status may show it for only a second. */
import {
  type EventView,
  eventView,
  type PodView,
  parsed,
  podView,
  textAt,
  valueAt,
} from '../cluster/views.ts';

/** Something that was reported about a container or a pod. */
export interface Notice {
  reason: string;
  message: string;
}

export interface Observed {
  /** the prefix of this run's names */
  name: string;
  pods: Map<string, PodView>;
  /** by pod and container, as noticesOf finds it */
  notices: Map<string, Notice[]>;
  /** the pods that failed in a way that leaves mounts behind, by UID, with their node; also those that are gone */
  failed: Map<string, string>;
  /** why the DaemonSet's pods cannot be created; null if they can */
  refused: string | null;
}

export const newObserved = (name: string): Observed => ({
  name,
  pods: new Map(),
  notices: new Map(),
  failed: new Map(),
  refused: null,
});

/** @param container empty for the pod as a whole */
export const noticesOf = ({ notices }: Observed, podUid: string, container: string): readonly Notice[] =>
  notices.get(`${podUid}/${container}`) ?? [];

const keptPerContainer = 50;

/** Waiting reasons that say nothing. */
const quiet = new Set(['', 'ContainerCreating', 'PodInitializing']);

/**
 * Takes in a line of a watch. Ignores what is not from this run, not an object, or cut off.
 * @returns whether the watch cannot go on (its history is gone)
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
    // A namespace's service account appears a moment after the namespace: the controller tries again.
    if (!/serviceaccount|being terminated/.test(message)) observed.refused = message;
  }
  // Anybody can create events; only kubelet knows how a mount went.
  if (kind === 'Pod' && component === 'kubelet' && warnings.test(reason)) {
    add(observed, uid, container ?? '', { reason, message });
  }
}

const warnings = /^(Failed|BackOff|Unhealthy|InspectFailed|ErrImageNeverPull|NetworkNotReady|Evicted|OutOf)/;

function add({ notices }: Observed, podUid: string, container: string, what: Notice): void {
  const key = `${podUid}/${container}`;
  const all = notices.get(key) ?? [];
  notices.set(key, all);
  if (all.some(({ reason, message }) => reason === what.reason && message === what.message)) return;
  // The proof is among the first; of the rest, the last is kept.
  if (all.length >= keptPerContainer) all.pop();
  all.push(what);
}
