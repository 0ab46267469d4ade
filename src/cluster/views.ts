/** What is read of the API's objects: as little as the judgement needs, and nothing of it is believed to be there. */

export interface ContainerView {
  name: string;
  state: 'running' | 'waiting' | 'terminated' | 'none';
  /** of the state; empty where it has none */
  reason: string;
  message: string;
  exitCode: number | null;
  ready: boolean;
  /** the scheme of the container's id, such as containerd; empty before there is one */
  runtime: string;
}

export interface PodView {
  uid: string;
  name: string;
  node: string | null;
  /** resourceVersion orders nothing; this does, among the pods of one node */
  created: string;
  deleting: boolean;
  phase: string;
  reason: string;
  message: string;
  /** whether kubelet has written a status */
  taken: boolean;
  /** why the scheduler found no node, in its words; null where it has not said so */
  unschedulable: string | null;
  containers: ContainerView[];
}

export interface EventView {
  kind: string;
  uid: string;
  name: string;
  /** null where it is about the whole pod */
  container: string | null;
  reason: string;
  message: string;
  component: string;
}

type Fields = Readonly<Record<string, unknown>>;
const none: Fields = {};
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 1000) : []);
/** Longer ones only cost time: what tells is at the start. */
const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 4096) : '');

/** @returns null for what is no pod */
export function podView(value: unknown): PodView | null {
  const { metadata, spec, status } = fields(value);
  const meta = fields(metadata);
  const uid = text(meta['uid']);
  if (uid === '') return null;
  const is = fields(status);
  const statuses = list(is['containerStatuses']);
  const scheduled = list(is['conditions'])
    .map(fields)
    .find((condition) => condition['type'] === 'PodScheduled' && condition['status'] === 'False');
  return {
    uid,
    name: text(meta['name']),
    node: text(fields(spec)['nodeName']) || null,
    created: text(meta['creationTimestamp']),
    deleting: text(meta['deletionTimestamp']) !== '',
    phase: text(is['phase']),
    reason: text(is['reason']),
    message: text(is['message']),
    taken: text(is['startTime']) !== '' || statuses.length > 0,
    unschedulable: scheduled ? text(scheduled['message']) || text(scheduled['reason']) : null,
    containers: statuses.map(containerView),
  };
}

function containerView(value: unknown): ContainerView {
  const { name, state, ready, containerID } = fields(value);
  const states = fields(state);
  const is = (['running', 'waiting', 'terminated'] as const).find((one) => one in states) ?? 'none';
  const { reason, message, exitCode } = fields(states[is]);
  return {
    name: text(name),
    state: is,
    reason: text(reason),
    message: text(message),
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    ready: ready === true,
    runtime: /^([a-z-]+):\/\//.exec(text(containerID))?.[1] ?? '',
  };
}

/** @returns null for what is no event about an object */
export function eventView(value: unknown): EventView | null {
  const { involvedObject, reason, message, source, reportingComponent } = fields(value);
  const about = fields(involvedObject);
  const uid = text(about['uid']);
  if (uid === '') return null;
  return {
    kind: text(about['kind']),
    uid,
    name: text(about['name']),
    container: /^spec\.containers\{(.+)\}$/.exec(text(about['fieldPath']))?.[1] ?? null,
    reason: text(reason),
    message: text(message),
    component: text(fields(source)['component']) || text(reportingComponent),
  };
}

export interface NodeView {
  name: string;
  /** null where it is; else what its condition says */
  notReady: string | null;
  linux: boolean;
  /** by tag, without those by digest alone */
  images: string[];
}

/** @returns null for what is no node */
export function nodeView(value: unknown): NodeView | null {
  const { metadata, status } = fields(value);
  const name = text(fields(metadata)['name']);
  if (name === '') return null;
  const { conditions, images, nodeInfo } = fields(status);
  const ready = list(conditions)
    .map(fields)
    .find((condition) => condition['type'] === 'Ready');
  return {
    name,
    notReady:
      ready?.['status'] === 'True' ? null : text(ready?.['message']) || 'its kubelet has not reported yet',
    linux: (text(fields(nodeInfo)['operatingSystem']) || 'linux') === 'linux',
    images: list(images)
      .flatMap((image) => list(fields(image)['names']).map(text))
      .filter((image) => !image.includes('@')),
  };
}

/** The objects of a list, or the one object. */
export function itemsOf(value: unknown): unknown[] {
  const { items } = fields(value);
  return Array.isArray(items) ? items : [value];
}

export interface Metadata {
  kind: string;
  name: string;
  uid: string;
  label(key: string): string;
  annotation(key: string): string;
}

/** What finding an object again needs; empty where it is not there. */
export function metadataOf(value: unknown): Metadata {
  const { kind, metadata } = fields(value);
  const { name, uid, labels, annotations } = fields(metadata);
  return {
    kind: text(kind),
    name: text(name),
    uid: text(uid),
    label: (key) => text(fields(labels)[key]),
    annotation: (key) => text(fields(annotations)[key]),
  };
}

/** A SelfSubjectAccessReview's answer. */
export function isAllowed(value: unknown): boolean {
  return fields(fields(value)['status'])['allowed'] === true;
}

/** The JSON of a line; undefined for one that is none, or cut off. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
