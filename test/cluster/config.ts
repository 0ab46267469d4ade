import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './cgroups.ts';
import { PAUSE_IMAGE } from './image.ts';
import { NODE, network, paths, ports, ROOT, TEST_USERS } from './layout.ts';

export const files = {
  containerd: join(paths.config, 'containerd.toml'),
  kubelet: join(paths.config, 'kubelet.json'),
  tokens: join(paths.pki, 'tokens.csv'),
  serviceAccountKey: join(paths.pki, 'service-account.key'),
  serviceAccountPublicKey: join(paths.pki, 'service-account.pub'),
  /** kube-apiserver writes it at its first start, with the certificate of the authority that signed it. */
  certificate: join(paths.pki, 'apiserver.crt'),
  admin: join(paths.users, 'admin.kubeconfig'),
  /** What kwok makes of the pods of its nodes. */
  stages: join(paths.config, 'stages.json'),
  node: join(paths.users, 'node.kubeconfig'),
} as const;

/** Writes what the components read at their start. Throws where a file cannot be written. */
export function writeConfiguration(): void {
  for (const dir of Object.values(paths)) {
    if (dir.startsWith(`${ROOT}/`) && dir !== paths.state && dir !== paths.socket)
      mkdirSync(dir, { recursive: true });
  }
  mkdirSync(paths.etcd, { recursive: true, mode: 0o700 });
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  write(files.serviceAccountKey, privateKey);
  write(files.serviceAccountPublicKey, publicKey);
  writeUsers();
  write(files.containerd, containerd());
  write(join(paths.cniConfig, '10-ptp.conflist'), JSON.stringify(cni(), null, 2));
  write(join(paths.config, 'resolv.conf'), '');
  write(files.kubelet, JSON.stringify(kubelet(), null, 2));
}

/** The kubeconfig of a user of TEST_USERS. */
export function kubeconfigOf(user: string): string {
  return join(paths.users, `${user}.kubeconfig`);
}

/** Users are told by token: https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
function writeUsers(): void {
  const users = [
    { kubeconfig: files.admin, name: 'admin', group: 'system:masters' },
    { kubeconfig: files.node, name: `system:node:${NODE}`, group: 'system:nodes' },
    ...TEST_USERS.map((name) => ({ kubeconfig: kubeconfigOf(name), name, group: 'subpathfix-test' })),
  ].map((user) => ({ ...user, token: randomBytes(16).toString('hex') }));
  write(files.tokens, users.map(({ token, name, group }) => `${token},${name},${name},${group}\n`).join(''));
  for (const { kubeconfig, name, token } of users) {
    write(kubeconfig, JSON.stringify(kubeconfigFile(name, token), null, 2));
  }
}

function kubeconfigFile(user: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: NODE,
        cluster: {
          server: `https://127.0.0.1:${ports.apiServer}`,
          'certificate-authority': files.certificate,
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: NODE, context: { cluster: NODE, user } }],
    'current-context': NODE,
  };
}

function containerd(): string {
  return `version = 2
root = "${paths.containerd}"
state = "${join(paths.runtime, 'containerd')}"
[grpc]
  address = "${paths.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(paths.containerd, 'opt')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${paths.cniPlugins}"
  conf_dir = "${paths.cniConfig}"
[plugins."io.containerd.grpc.v1.cri".containerd]
  # overlayfs does not work where ${ROOT} is on an overlay itself
  snapshotter = "native"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "${join(paths.runtime, 'runc')}"
  SystemdCgroup = false
`;
}

function cni(): object {
  const routes = [{ dst: network.services }];
  const ipam = { type: 'host-local', subnet: network.pods, routes, dataDir: join(paths.runtime, 'ipam') };
  return { cniVersion: '0.4.0', name: NODE, plugins: [{ type: 'ptp', ipMasq: false, ipam }] };
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
function kubelet(): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${paths.socket}`,
    // This address is on lo: what is not authenticated here cannot be reached from another machine.
    address: network.node,
    port: ports.kubelet,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    healthzBindAddress: '127.0.0.1',
    healthzPort: ports.kubeletHealth,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: CGROUP,
    failCgroupV1: false,
    failSwapOn: false,
    // A developer's disk is often fuller than a node's: no eviction, no image removed.
    localStorageCapacityIsolation: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    clusterDomain: 'cluster.local',
    clusterDNS: [network.clusterDns],
    resolvConf: join(paths.config, 'resolv.conf'),
    makeIPTablesUtilChains: false,
    podLogsDir: join(paths.kubelet, 'pod-logs'),
    volumePluginDir: join(paths.kubelet, 'volume-plugins'),
  };
}

function write(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
}
