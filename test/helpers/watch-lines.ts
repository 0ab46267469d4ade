/** Lines of a watch, in the shape that an API server of Kubernetes 1.32 gives them. */
import { type CaseName, caseNames, containerNames } from '../../src/smoke/containers.ts';

export const run = 'subpathfix-0123456789';
export type State = Record<string, unknown>;

const running: State = { running: { startedAt: '2026-01-01T00:00:01Z' } };
export const creating: State = { waiting: { reason: 'ContainerCreating' } };
export const waiting = (reason: string, message: string): State => ({ waiting: { reason, message } });

interface PodOptions {
  uid?: string;
  node?: string | null;
  type?: string;
  runtime?: string;
  ready?: boolean;
  metadata?: object;
  status?: object;
}

/** A line about a pod whose containers all run, but for those given. */
export function podLine(
  states: Partial<Record<CaseName, State | null>> = {},
  options: PodOptions = {},
): string {
  const { uid = 'uid', node = 'one', type = 'MODIFIED', runtime = 'containerd', ready = true } = options;
  const containerStatuses = caseNames.flatMap((name) => {
    const state = name in states ? states[name] : running;
    if (!state) return [];
    const containerID = 'running' in state ? `${runtime}://0123` : undefined;
    return [{ name: containerNames[name], state, ready: 'running' in state && ready, containerID }];
  });
  const object = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: run, uid, creationTimestamp: '2026-01-01T00:00:00Z', ...options.metadata },
    spec: node === null ? {} : { nodeName: node },
    status: { phase: 'Pending', startTime: '2026-01-01T00:00:00Z', containerStatuses, ...options.status },
  };
  return JSON.stringify({ type, object });
}

interface EventOptions {
  reason?: string;
  uid?: string;
  component?: string;
  name?: string;
  kind?: string;
}

/** A line about an event of a container, or of the whole pod. */
export function eventLine(container: CaseName | null, message: string, options: EventOptions = {}): string {
  const { reason = 'Failed', uid = 'uid', component = 'kubelet', name = run, kind = 'Pod' } = options;
  const fieldPath = container === null ? {} : { fieldPath: `spec.containers{${containerNames[container]}}` };
  const object = {
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: `${name}.1` },
    involvedObject: { kind, name, uid, ...fieldPath },
    reason,
    message,
    source: { component },
    type: 'Warning',
    count: 1,
  };
  return JSON.stringify({ type: 'ADDED', object });
}

/** As containerd 1.6 says it by way of kubelet 1.32, measured. */
export const mkdirExists = (container: string): string =>
  `Error: failed to generate container "97ebae" spec: failed to generate spec: failed to mkdir "/var/lib/kubelet/pods/uid/volume-subpaths/config/${container}/0": mkdir /var/lib/kubelet/pods/uid/volume-subpaths/config/${container}/0: file exists`;

export const prepare = (container: string): string =>
  `failed to prepare subPath for volumeMount "config" of container "${container}"`;
