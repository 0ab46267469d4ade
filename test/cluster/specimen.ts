import { PAUSE_IMAGE } from './image.ts';

/** A container a kind of mount; they differ in nothing else. */
const MOUNTS = {
  /** A volume mounted whole: not touched by the defect. */
  control: { name: 'files', mountPath: '/mounted' },
  file: { name: 'files', mountPath: '/mounted', subPath: 'key' },
  directory: { name: 'scratch', mountPath: '/mounted', subPath: 'directory' },
} as const;
export type Kind = keyof typeof MOUNTS;

/**
 * The objects of a namespace that enforces the restricted pod security standard, and of a DaemonSet in it
 * whose one pod shows whether subPaths can be mounted. As a List, for `kubectl create -f -`.
 */
export function specimen(namespace: string): string {
  const labels = { app: 'specimen' };
  const containers = Object.entries(MOUNTS).map(([name, mount]) => ({
    name,
    image: PAUSE_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: [mount],
  }));
  const volumes = [
    { name: 'files', configMap: { name: 'files' } },
    { name: 'scratch', emptyDir: {} },
  ];
  const spec = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 65535, seccompProfile: { type: 'RuntimeDefault' } },
    containers,
    volumes,
  };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: { key: 'value' } },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'specimen', namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
