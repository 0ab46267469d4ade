/** What is read from API objects: only what the verdict needs, and nothing is taken for granted. */
import { clip } from '../text/clip.ts';
import { pauseVersion } from './pause-image.ts';

/** What is at a path of fields; undefined if there is nothing. */
export const valueAt = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (inner, field) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[field] : undefined,
    value,
  );

/** The text there, else an empty one; cut off, because what matters is at the start. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found.slice(0, 4096) : '';
}

function listAt(value: unknown, ...path: string[]): unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.slice(0, 1000) : [];
}

const conditionOf = (object: unknown, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type);

export type PodView = NonNullable<ReturnType<typeof podView>>;
export type ContainerView = ReturnType<typeof containerView>;
export type EventView = NonNullable<ReturnType<typeof eventView>>;
export type NodeView = NonNullable<ReturnType<typeof nodeView>>;

/** @returns null for what is not a pod */
export function podView(pod: unknown) {
  const uid = textAt(pod, 'metadata', 'uid');
  if (uid === '') return null;
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const scheduled = conditionOf(pod, 'PodScheduled');
  return {
    uid,
    name: textAt(pod, 'metadata', 'name'),
    node: textAt(pod, 'spec', 'nodeName') || null,
    /** the node that a DaemonSet made it for, which it has before it is scheduled */
    meantFor: meantFor(pod),
    /** orders the pods of one node, which resourceVersion does not */
    created: textAt(pod, 'metadata', 'creationTimestamp'),
    deleting: textAt(pod, 'metadata', 'deletionTimestamp') !== '',
    phase: textAt(pod, 'status', 'phase'),
    reason: textAt(pod, 'status', 'reason'),
    message: textAt(pod, 'status', 'message'),
    /** whether kubelet has written a status */
    taken: textAt(pod, 'status', 'startTime') !== '' || statuses.length > 0,
    /** why the scheduler found no node, in its words; null if it has not said so */
    unschedulable:
      textAt(scheduled, 'status') === 'False'
        ? textAt(scheduled, 'message') || textAt(scheduled, 'reason')
        : null,
    containers: statuses.map(containerView),
  };
}

/** The DaemonSet controller names the node in a field selector with a single term. */
function meantFor(pod: unknown): string | null {
  const path = ['spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  const [field] = listAt(listAt(pod, ...path, 'nodeSelectorTerms')[0], 'matchFields');
  const [name] = listAt(field, 'values');
  return textAt(field, 'key') === 'metadata.name' && typeof name === 'string' ? name : null;
}

const containerStates = ['running', 'waiting', 'terminated'] as const;

function containerView(status: unknown) {
  const state = containerStates.find((each) => valueAt(status, 'state', each) !== undefined) ?? 'none';
  const exitCode = valueAt(status, 'state', state, 'exitCode');
  return {
    name: textAt(status, 'name'),
    state,
    /** of the state; empty if it has none */
    reason: textAt(status, 'state', state, 'reason'),
    message: textAt(status, 'state', state, 'message'),
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    ready: valueAt(status, 'ready') === true,
    /** the scheme of the container's id, such as containerd; empty before there is one */
    runtime: /^([a-z-]+):\/\//.exec(textAt(status, 'containerID'))?.[1] ?? '',
  };
}

/** @returns null for what is not an event about an object */
export function eventView(event: unknown) {
  const about = valueAt(event, 'involvedObject');
  const uid = textAt(about, 'uid');
  if (uid === '') return null;
  return {
    kind: textAt(about, 'kind'),
    uid,
    name: textAt(about, 'name'),
    /** null if it is about the whole pod */
    container: /^spec\.containers\{(.+)\}$/.exec(textAt(about, 'fieldPath'))?.[1] ?? null,
    reason: textAt(event, 'reason'),
    message: textAt(event, 'message'),
    component: textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
  };
}

/** @returns null for what is not a node */
export function nodeView(node: unknown) {
  const name = textAt(node, 'metadata', 'name');
  if (name === '') return null;
  const ready = conditionOf(node, 'Ready');
  const isReady = textAt(ready, 'status') === 'True';
  const info = (field: string): string => textAt(node, 'status', 'nodeInfo', field);
  const hints = {
    kubelet: info('kubeletVersion'),
    runtime: info('containerRuntimeVersion'),
    os: info('osImage'),
    kernel: info('kernelVersion'),
    architecture: info('architecture'),
  };
  return {
    name,
    uid: textAt(node, 'metadata', 'uid'),
    /** by the clock of the API server, as that of pods */
    created: textAt(node, 'metadata', 'creationTimestamp'),
    cordoned: valueAt(node, 'spec', 'unschedulable') === true,
    /** null if it is Ready; else what its condition says */
    notReady: isReady ? null : textAt(ready, 'message') || 'its kubelet has not reported yet',
    /** since when, in ms since the epoch; null if it has never been said */
    readySince: Date.parse(textAt(ready, 'lastTransitionTime')) || null,
    linux: ['linux', ''].includes(info('operatingSystem')),
    /** what kubelet says of its machine, safe to show: never proof of anything */
    hints: Object.fromEntries(
      Object.entries(hints).flatMap(([name, text]) => (text === '' ? [] : [[name, clip(text)]])),
    ) as Partial<typeof hints>,
    /** what tells the machine from others; null if kubelet has not reported it */
    machine: { bootId: info('bootID') || null, machineId: info('machineID') || null },
    /** the names of its pause images, with a tag or a digest; of all images, that would be most of what a node says */
    pauseImages: listAt(node, 'status', 'images').flatMap((image) =>
      listAt(image, 'names')
        .map((each) => textAt(each))
        .filter((each) => pauseVersion(each) !== null),
    ),
  };
}

/** The objects of a list, or the object itself. */
export function itemsOf(value: unknown): unknown[] {
  const items = valueAt(value, 'items');
  return Array.isArray(items) ? items : [value];
}

/** The JSON of a line; undefined for one that is not JSON, or cut off. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
