/** The objects of a smoke run, as values. Nothing here reads a machine. */
import { type Contents, caseNames, container, containerLimits, contentOf } from './containers.ts';

/** A pause image, which only waits, as Kubernetes 1.32 and later use. */
export const defaultImage = 'registry.k8s.io/pause:3.10';

export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'subpathfix' } as const;
export const runLabel = 'app.kubernetes.io/instance';
/** Who made the objects, so that another run can tell whether that process is still alive. */
export const ownerAnnotation = 'subpathfix-owner';
/** After this time (RFC 3339) nobody needs the objects. */
export const expiresAnnotation = 'subpathfix-expires';

/** The id of a run. */
export const runPattern = /^[0-9a-f]{10}$/;

/** Its run is of runPattern; the objects carry it in name and label. */
export interface SmokeTarget extends Contents {
  owner: string;
  /** seconds after creation until the cluster removes the objects by itself */
  deadlineSeconds: number;
  /** RFC 3339 */
  expires: string;
  /** the run leaves its objects, to be inspected */
  keep: boolean;
  /** where the objects go */
  namespace: string;
  /** the namespace is the run's own, and is removed with it */
  own: boolean;
  /** a node by name, or those whose turn it is: never the scheduler's choice, which would say nothing about this one */
  where: { node: string } | { nodes: readonly string[] };
}

/** An API object that this program creates; never one that it reads. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown>;
  [field: string]: unknown;
}

export const apiObject = (
  apiVersion: string,
  kind: string,
  metadata: ApiObject['metadata'],
  more: object = {},
): ApiObject => ({ apiVersion, kind, metadata, ...more });

export const nameOf = ({ run }: Pick<SmokeTarget, 'run'>): string => `subpathfix-${run}`;

/** Several objects as one document for `kubectl create -f -`. */
export const listOf = (items: ApiObject[]): ApiObject => apiObject('v1', 'List', {}, { items });

const metadataOf = (target: SmokeTarget) => ({
  name: nameOf(target),
  labels: { [managedBy.key]: managedBy.value, [runLabel]: target.run },
  annotations: { [ownerAnnotation]: target.owner, [expiresAnnotation]: target.expires },
});

/** The run's own namespace. It enforces the standard that the pod meets. */
export function namespaceObject(target: SmokeTarget): ApiObject {
  const metadata = metadataOf(target);
  const labels = { ...metadata.labels, 'pod-security.kubernetes.io/enforce': 'restricted' };
  return apiObject('v1', 'Namespace', { ...metadata, labels });
}

/**
 * Owns every other object in the namespace, and ends with the deadline. It starts no pod: the Job controller
 * fails it by activeDeadlineSeconds, the TTL controller removes it, and garbage collection what it owns.
 * A pod's own deadline would end the pod, but not delete it; a DaemonSet cannot have one.
 */
export function expiryObject(target: SmokeTarget): ApiObject {
  const { namespace, image, pull, deadlineSeconds } = target;
  const containers = [{ name: 'none', image, imagePullPolicy: pull, ...containerLimits }];
  const spec = {
    parallelism: 0,
    activeDeadlineSeconds: deadlineSeconds,
    ttlSecondsAfterFinished: 0,
    template: { spec: { ...hardened, restartPolicy: 'Never', containers } },
  };
  return apiObject('batch/v1', 'Job', { ...metadataOf(target), namespace }, { spec });
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
  const { run, where, deadlineSeconds } = target;
  const metadata = ownedMetadata(target, expiryUid);
  const data = { key: contentOf('configMap', run), projected: contentOf('projected', run) };
  const secret = { type: 'Opaque', stringData: { key: contentOf('secret', run) } };
  const pod =
    'nodes' in where
      ? daemonSet(target, where.nodes, expiryUid)
      : apiObject('v1', 'Pod', metadata, {
          spec: {
            ...podSpec(target),
            // Bypasses the scheduler: this node's kubelet is tested, cordoned or not.
            nodeName: where.node,
            restartPolicy: 'Never',
            activeDeadlineSeconds: deadlineSeconds,
          },
        });
  return [apiObject('v1', 'ConfigMap', metadata, { data }), apiObject('v1', 'Secret', metadata, secret), pod];
}

function ownedMetadata(target: SmokeTarget, expiryUid: string) {
  const { name, labels, annotations } = metadataOf(target);
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: expiryUid }];
  return { name, labels, annotations, namespace: target.namespace, ownerReferences };
}

/**
 * Has a pod on each of these nodes, and on no other. A node that is taken out of the list loses its pod, and the
 * others keep theirs (OnDelete): so the list is as long as the number of nodes that have their turn at once, whatever
 * the size of the cluster. A growing list would exceed what an object may have, about 1.5 MB, and each change of it
 * is kept as a ControllerRevision.
 */
export function daemonSet(target: SmokeTarget, nodes: readonly string[], expiryUid: string): ApiObject {
  const metadata = ownedMetadata(target, expiryUid);
  const { labels, annotations } = metadata;
  // By its name, not by a label, which anybody can change; each such term takes one name. An empty term matches none.
  const terms = nodes.map((name) => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
  }));
  const required = { nodeSelectorTerms: terms.length > 0 ? terms : [{}] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  return apiObject('apps/v1', 'DaemonSet', metadata, {
    spec: {
      selector: { matchLabels: { [runLabel]: target.run } },
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 0,
      template: { metadata: { labels, annotations }, spec: { ...podSpec(target), affinity } },
    },
  });
}

function podSpec(target: SmokeTarget): object {
  const name = nameOf(target);
  return {
    ...hardened,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ operator: 'Exists' }],
    containers: caseNames.map((each) => container(each, target)),
    volumes: [
      { name: 'config', configMap: { name } },
      { name: 'secret', secret: { secretName: name } },
      { name: 'scratch', emptyDir: {} },
      { name: 'projected', projected: { sources: [{ configMap: { name } }] } },
    ],
  };
}
