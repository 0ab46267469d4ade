/** The objects of a smoke run, as values. Nothing here reads a machine. */

import { caseNames, container, containerLimits, contentOf } from './containers.ts';

/** Images that only wait, in the versions that Kubernetes 1.32 and later ask for. */
export const defaultImage = 'registry.k8s.io/pause:3.10';

export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'subpathfix' } as const;
export const runLabel = 'app.kubernetes.io/instance';
/** Who made the objects, so that another run can tell whether that process still lives. */
export const ownerAnnotation = 'subpathfix-owner';
/** After this time (RFC 3339) nobody needs the objects. */
export const expiresAnnotation = 'subpathfix-expires';

/** What a run is called. */
export const runPattern = /^[0-9a-f]{10}$/;

export interface RunIdentity {
  /** of runPattern; the objects carry it in name and label */
  run: string;
  owner: string;
  /** when the cluster ends the objects by itself, in seconds after their creation */
  deadlineSeconds: number;
  /** RFC 3339 */
  expires: string;
}

export interface SmokeTarget {
  identity: RunIdentity;
  /** where the objects go */
  namespace: string;
  image: string;
  /** a node by name; every node; or whichever the scheduler takes */
  where: { node: string } | 'all' | 'any';
  /** whether each container compares what it reads; the image must have a shell */
  content: boolean;
}

/** An object of the API; this program writes them and never reads one by this type. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown>;
  [field: string]: unknown;
}

export const nameOf = ({ run }: RunIdentity): string => `subpathfix-${run}`;

/** Several objects as one document for `kubectl create -f -`. */
export const listOf = (items: ApiObject[]): ApiObject => ({
  apiVersion: 'v1',
  kind: 'List',
  metadata: {},
  items,
});

function metadata(identity: RunIdentity, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: nameOf(identity),
    labels: { [managedBy.key]: managedBy.value, [runLabel]: identity.run },
    annotations: { [ownerAnnotation]: identity.owner, [expiresAnnotation]: identity.expires },
    ...more,
  };
}

/** A namespace of the run's own. It enforces what the pod keeps to. */
export function namespaceObject(identity: RunIdentity): ApiObject {
  const meta = metadata(identity);
  const labels = { ...(meta['labels'] as object), 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { ...meta, labels } };
}

/**
 * Owns every other object in the namespace, and ends with the deadline. It asks for no pod: the Job controller
 * fails it by activeDeadlineSeconds, the TTL controller removes it, and garbage collection what it owns.
 * A pod's own deadline would end the pod, but leave it; a DaemonSet may not have one.
 */
export function expiryObject({ identity, namespace, image }: SmokeTarget): ApiObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(identity, { namespace }),
    spec: {
      parallelism: 0,
      activeDeadlineSeconds: identity.deadlineSeconds,
      ttlSecondsAfterFinished: 0,
      template: {
        spec: {
          ...hardened,
          restartPolicy: 'Never',
          containers: [{ name: 'none', image, ...containerLimits }],
        },
      },
    },
  };
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const hardened = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 0,
  securityContext: {
    runAsNonRoot: true,
    // the user of the original pause image, which has no name in most others
    runAsUser: 65535,
    runAsGroup: 65535,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

/** The ConfigMap, the Secret, and the pod or the DaemonSet, all owned by the expiry Job. */
export function workloadObjects(target: SmokeTarget, expiryUid: string): ApiObject[] {
  const { identity, namespace, where } = target;
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: nameOf(identity), uid: expiryUid };
  const meta = metadata(identity, { namespace, ownerReferences: [owner] });
  const spec = podSpec(target);
  const data = { key: contentOf('configMap', identity.run), projected: contentOf('projected', identity.run) };
  const pod: ApiObject =
    where === 'all'
      ? {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: meta,
          spec: {
            selector: { matchLabels: { [runLabel]: identity.run } },
            template: { metadata: { labels: meta['labels'], annotations: meta['annotations'] }, spec },
          },
        }
      : {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: meta,
          spec: { ...spec, restartPolicy: 'Never', activeDeadlineSeconds: identity.deadlineSeconds },
        };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: meta,
      type: 'Opaque',
      stringData: { key: contentOf('secret', identity.run) },
    },
    pod,
  ];
}

function podSpec({ identity, where, image, content }: SmokeTarget): Record<string, unknown> {
  const name = nameOf(identity);
  return {
    ...hardened,
    // By name, past the scheduler: it is this node's kubelet that is asked, cordoned or not.
    ...(typeof where === 'object' ? { nodeName: where.node } : {}),
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    containers: caseNames.map((one) => container(one, identity.run, image, content)),
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'secret', secret: { secretName: name } },
      { name: 'scratch', emptyDir: {} },
      { name: 'projected', projected: { sources: [{ configMap: { name } }] } },
    ],
  };
}
