import type { GoModule } from './go-programs.ts';

const names = ['kubernetes', 'kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
// It starts some thousand times: by itself, in two thirds of the time.
const others = { kubectl: './kubectl' };

/** What the tests run on, and the newest whose modules are complete. */
export const KUBERNETES = {
  '1.32': { dir: 'kubernetes', version: 'v1.32.2', names, others },
  '1.36': { dir: 'kubernetes-1.36', version: 'v1.36.3', names: [...names, 'kubectl'] },
} as const satisfies Record<string, GoModule>;
export type KubernetesRelease = keyof typeof KUBERNETES;

const containerd = (path: string) =>
  ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => `${path}/cmd/${name}`);
const tags = 'no_aufs,no_btrfs,no_devmapper,no_zfs';

/** Besides that of this machine. */
export const CONTAINERD = {
  '1.7': { dir: 'go/containerd-1.7', packages: containerd('github.com/containerd/containerd'), tags },
  '2': { dir: 'go/containerd-2', packages: containerd('github.com/containerd/containerd/v2'), tags },
} as const satisfies Record<string, GoModule>;
export type ContainerdRelease = keyof typeof CONTAINERD;

/** Two minors from both releases of Kubernetes. */
export const KUBECTL: GoModule = { dir: 'go/kubectl-1.34', version: 'v1.34.4', names: ['kubectl'] };

export const NODE_PROBLEM_DETECTOR: GoModule = {
  dir: 'go/node-problem-detector',
  packages: ['k8s.io/node-problem-detector/cmd/nodeproblemdetector'],
  tags: 'disable_system_log_monitor,disable_system_stats_monitor,disable_stackdriver_exporter',
};

/** Keeps made-up nodes. */
export const KWOK: GoModule = { dir: 'go/kwok', packages: ['sigs.k8s.io/kwok/cmd/kwok'] };
