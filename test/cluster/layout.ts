import { homedir } from 'node:os';
import { join } from 'node:path';

/** Everything of the cluster is below this directory. It is short because unix socket paths must be. */
export const ROOT = '/var/lib/subpathfix-test';

/** Also the name of the cgroup below which all containers are, and of the CNI network. */
export const NODE = 'subpathfix-test';

/** Marks, in its environment, every process of the cluster that is not inside a container. */
export const MARKER = 'SUBPATHFIX_TEST_CLUSTER';

export const paths = {
  state: join(ROOT, 'state.json'),
  logs: join(ROOT, 'logs'),
  config: join(ROOT, 'config'),
  users: join(ROOT, 'users'),
  pki: join(ROOT, 'pki'),
  etcd: join(ROOT, 'etcd'),
  containerd: join(ROOT, 'containerd'),
  runtime: join(ROOT, 'run'),
  socket: join(ROOT, 'run/containerd.sock'),
  cniConfig: join(ROOT, 'cni'),
  cniPlugins: '/usr/lib/cni',
  kubelet: join(ROOT, 'kubelet'),
} as const;

/** Below the ephemeral range, so that no outgoing connection takes one while its owner is stopped. */
export const ports = {
  etcd: 26379,
  etcdPeer: 26380,
  apiServer: 26443,
  kubelet: 26250,
  kubeletHealth: 26248,
  controllerManager: 26257,
  scheduler: 26259,
} as const;

export const network = {
  /** Holds all of the following: what the clean-up looks for. */
  all: '10.199.76.0/23',
  pods: '10.199.77.0/24',
  /** Added to lo: kubelet refuses 127.0.0.0/8 as a node address, and the machine may have no other. */
  node: '10.199.76.1',
  services: '10.199.76.128/25',
  /** That of the Service kubernetes in namespace default: the first of the range. */
  apiService: '10.199.76.129',
  clusterDns: '10.199.76.138',
} as const;

/**
 * Users of the API server besides the cluster's own. They have no rights until a test binds a role to
 * them; the user's name is the subject's name.
 */
export const TEST_USERS = ['limited', 'reader', 'operator'] as const;
export type TestUser = (typeof TEST_USERS)[number];

/** What is built once and kept: outside the source tree. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'subpathfix-test');
