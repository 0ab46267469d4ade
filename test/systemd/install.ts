import { execFileSync } from 'node:child_process';
import { build } from '../cluster/build.ts';
import { program } from '../cluster/prerequisites.ts';
import { sleep } from '../cluster/processes.ts';
import { kubeconfig, nodeUser, writeCredentials } from './credentials.ts';
import { KubernetesNode } from './kubernetes.ts';
import type { SystemdNode } from './node.ts';
import { LOCALE_ARCHIVE, storeControlPlane, storeMounts, storeProgram } from './store.ts';
import { unitText } from './units.ts';
import { pathsOf, runsKubelet, type Variant } from './variants.ts';

/**
 * Sets up Kubernetes on a fresh node, and returns when the node can take pods.
 * @param server the node whose cluster it joins; without, it has a control plane of its own
 */
export async function install(
  node: SystemdNode,
  variant: Variant,
  server?: KubernetesNode,
): Promise<KubernetesNode> {
  await node.writeFile('/etc/cni/net.d/10-ptp.conflist', cniText(node.place.pods));
  await node.writeFile('/etc/k0s/k0s.yaml', 'apiVersion: k0s.k0sproject.io/v1beta1\nkind: Cluster\n');
  if (variant.form === 'nixos') await writeNixos(node);
  if (server === undefined) await startServer(node, variant);
  else await joinCluster(node, variant, server);
  await writeUnit(node, variant);
  const kubernetes = KubernetesNode.save(node, variant, server?.server ?? node);
  if (variant.distribution === 'kubernetes') await node.run(['systemctl', 'start', 'containerd']);
  await node.run(['systemctl', 'start', variant.unit]);
  if (runsKubelet(variant)) await importImages(node, variant);
  await kubernetes.untilReady();
  return kubernetes;
}

/** Writes the variant's unit, and has systemd read it; a kubelet that runs is not touched. */
export async function writeUnit(node: SystemdNode, variant: Variant): Promise<void> {
  const mounts = await storeMounts(node);
  const environment = {
    ...(variant.form === 'nixos' ? { LOCALE_ARCHIVE } : {}),
    PATH: `${mounts[variant.mount]}:/usr/bin:/usr/sbin`,
    ...(variant.kubeletPath === undefined
      ? {}
      : { KUBELET_PATH: `${mounts[variant.kubeletPath]}:/usr/bin:/usr/sbin` }),
    ...variant.env,
  };
  const prefix = variant.wrapper === undefined ? undefined : mounts[variant.wrapper];
  const file = await storeProgram(node, variant, prefix);
  await node.writeFile(
    `/etc/systemd/system/${variant.unit}.service`,
    unitText(variant, { environment, program: file }),
  );
  await node.run(['systemctl', 'daemon-reload']);
}

/** Writes the control plane's keys; starts it where it is not the distribution's own. */
async function startServer(node: SystemdNode, variant: Variant): Promise<void> {
  const { controlPlane, admin, kubelet } = pathsOf(variant);
  await writeCredentials(node, controlPlane);
  await node.writeFile(
    kubelet,
    await kubeconfig(node, controlPlane, nodeUser(node.place.name), 'localhost'),
    0o600,
  );
  if (variant.distribution === 'k0s') return;
  const own = `${controlPlane}/pki/admin.conf`;
  if (admin !== own) await node.run(['install', '-D', '--mode=600', own, admin]);
  const file = await storeControlPlane(node);
  const exec = `${file} --data-dir ${controlPlane}`;
  await node.writeFile('/etc/systemd/system/control-plane.service', `[Service]\nExecStart=${exec}\n`);
  await node.run(['systemctl', 'daemon-reload']);
  await node.run(['systemctl', 'start', 'control-plane']);
}

/** Gives the node a way to the server, and a kubeconfig for its kubelet. A worker has no other. */
async function joinCluster(
  node: SystemdNode,
  variant: Variant,
  { server, serverVariant }: KubernetesNode,
): Promise<void> {
  connect(node, server);
  const { controlPlane } = pathsOf(serverVariant);
  const text = await kubeconfig(server, controlPlane, nodeUser(node.place.name), server.place.address);
  await node.writeFile(pathsOf(variant).kubelet, text, 0o600);
}

/** A pair of interfaces between two nodes, each with a route to the other's address. */
function connect(a: SystemdNode, b: SystemdNode): void {
  const ip = (node: SystemdNode, ...args: string[]) =>
    execFileSync(program('nsenter'), [`--target=${node.pid}`, '--net', program('ip'), ...args], {
      stdio: 'pipe',
    });
  const [toA, toB] = [`to-${a.place.name}`, `to-${b.place.name}`];
  ip(a, 'link', 'add', toB, 'type', 'veth', 'peer', 'name', toA, 'netns', String(b.pid));
  ip(a, 'link', 'set', toB, 'up');
  ip(b, 'link', 'set', toA, 'up');
  ip(a, 'route', 'add', `${b.place.address}/32`, 'dev', toB);
  ip(b, 'route', 'add', `${a.place.address}/32`, 'dev', toA);
}

async function importImages(node: SystemdNode, variant: Variant): Promise<void> {
  const { socket } = pathsOf(variant);
  const ctr = ['ctr', `--address=${socket}`, '--namespace=k8s.io'];
  // A control plane comes before containerd.
  for (const deadline = Date.now() + 60_000; (await node.attempt(['test', '-S', socket])).exitCode !== 0; ) {
    if (Date.now() > deadline) throw new Error(`containerd of ${node.place.name} does not listen`);
    await sleep(200);
  }
  for (const inputFile of await build()) await node.run([...ctr, 'images', 'import', '-'], { inputFile });
}

/** What makes the node a NixOS for a program that asks. */
async function writeNixos(node: SystemdNode): Promise<void> {
  const version = '25.05.803579.70c74b02eac4';
  const release = `ID=nixos\nNAME=NixOS\nVERSION_ID="25.05"\nBUILD_ID="${version}"\n`;
  await node.writeFile(
    '/etc/os-release',
    `${release}PRETTY_NAME="NixOS 25.05 (Warbler)"\nVERSION_CODENAME=warbler\n`,
  );
  await node.writeFile('/etc/NIXOS', '');
}

function cniText(subnet: string): string {
  const ipam = { type: 'host-local', subnet, dataDir: '/run/ipam' };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'node',
    plugins: [{ type: 'ptp', ipMasq: false, ipam }],
  });
}
