import { join } from 'node:path';
import { files } from './config.ts';
import { binOf } from './go-programs.ts';
import { MARKER, NODE, network, paths, ports, ROOT } from './layout.ts';
import { program, SYSTEM_PATH } from './prerequisites.ts';
import { isAlive, type ProcessId, sleep, start, stop, tail } from './processes.ts';
import { KWOK } from './releases.ts';
import {
  COMPONENTS,
  type Component,
  type KubeletOptions,
  type Programs,
  readState,
  updateState,
} from './state.ts';

/** Starts a component, whose number then is in the state. Throws where it runs already or cannot start. */
export async function startComponent(name: Component): Promise<ProcessId> {
  const state = readState();
  if (state === undefined) throw new Error('the test cluster is not up');
  if (isAlive(state.processes[name])) throw new Error(`${name} runs already`);
  const env = name === 'kubelet' ? kubeletEnvironment(state.kubelet) : ownEnvironment(name);
  const process = await start(
    [...commands[name](), ...(state.fleet ? (fleetFlags[name] ?? []) : [])],
    logOf(name),
    env,
  );
  updateState((state) => {
    state.processes[name] = process;
  });
  return process;
}

/** Ends a component alone; containers go on. One that does not run is no error. */
export async function stopComponent(name: Component): Promise<void> {
  const process = readState()?.processes[name];
  if (process === undefined) return;
  // kube-apiserver would wait for its watches to end; what it has answered is in etcd.
  await stop(process, name === 'kube-apiserver' ? 2_000 : 10_000);
  updateState((state) => {
    delete state.processes[name];
  });
}

function logOf(name: Component): string {
  return join(paths.logs, `${name}.log`);
}

/**
 * Waits until the condition holds. Throws after the time is over, with why it did not hold and the end of
 * the log of the component that is to bring it about; or as soon as any component has ended of itself, with
 * the end of that one's log.
 */
export async function until(
  what: string,
  component: Component,
  condition: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  let reason = '';
  for (const deadline = Date.now() + timeoutMs; ; await sleep(200)) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    const processes = readState()?.processes;
    if (processes === undefined) throw new Error(`${what}: the test cluster has been ended`);
    const ended = COMPONENTS.find((name) => name in processes && !isAlive(processes[name]));
    if (ended === undefined && Date.now() < deadline) continue;
    const why = ended === undefined ? `not within ${timeoutMs / 1000} s` : `${ended} has ended`;
    const log = logOf(ended ?? component);
    throw new Error(`${what}: ${why}\n${reason}\n--- end of ${log}\n${tail(log)}`);
  }
}

/** The environment of the programs that a person would run next to the cluster. */
export const toolEnvironment = { PATH: SYSTEM_PATH, HOME: ROOT } as const;

function kubeletEnvironment({ mount, env }: KubeletOptions): Record<string, string> {
  return { ...env, PATH: `${mount}:${SYSTEM_PATH}`, [MARKER]: ROOT };
}

function kubernetes(name: Component, ...flags: string[]): string[] {
  return [join(programs().kubernetes, name), ...flags];
}

function programs(): Programs {
  const state = readState();
  if (state === undefined) throw new Error('the test cluster is not up');
  return state.programs;
}

/** One of containerd's: of the cluster, else of this machine. */
export function containerdProgram(name: 'containerd' | 'ctr'): string {
  const { containerd } = programs();
  return containerd === undefined ? program(name) : join(containerd, name);
}

/** containerd takes the first shim in PATH. */
function ownEnvironment(name: Component): Record<string, string> {
  const { containerd } = programs();
  return name === 'containerd' && containerd !== undefined ? { PATH: `${containerd}:${SYSTEM_PATH}` } : {};
}

/** Nobody reports for nodes that are made up, and nothing is to wait for the limits of these clients. */
const fast = ['--kube-api-qps=2000', '--kube-api-burst=2000'];
const fleetFlags: Partial<Record<Component, string[]>> = {
  'kube-controller-manager': [...fast, '--node-monitor-grace-period=2h', '--concurrent-daemonset-syncs=1'],
  'kube-scheduler': fast,
  // kwok begins watches in a way for which Debian's etcd is too old, unless this is off.
  'kube-apiserver': ['--feature-gates=WatchList=false', '--max-requests-inflight=2000'],
};

const commands: Record<Component, () => string[]> = {
  etcd: () => [
    program('etcd'),
    `--data-dir=${paths.etcd}`,
    `--listen-client-urls=http://127.0.0.1:${ports.etcd}`,
    `--advertise-client-urls=http://127.0.0.1:${ports.etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${ports.etcdPeer}`,
    `--initial-cluster=default=http://127.0.0.1:${ports.etcdPeer}`,
  ],
  containerd: () => [containerdProgram('containerd'), `--config=${files.containerd}`],
  'kube-apiserver': () =>
    kubernetes(
      'kube-apiserver',
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--cert-dir=${paths.pki}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      `--token-auth-file=${files.tokens}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      `--service-account-key-file=${files.serviceAccountPublicKey}`,
      `--service-cluster-ip-range=${network.services}`,
      '--endpoint-reconciler-type=none',
      '--kubelet-preferred-address-types=InternalIP',
      '--allow-privileged=true',
    ),
  'kube-controller-manager': () =>
    kubernetes(
      'kube-controller-manager',
      `--kubeconfig=${files.admin}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllerManager}`,
      '--leader-elect=false',
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--root-ca-file=${files.certificate}`,
      `--flex-volume-plugin-dir=${join(paths.kubelet, 'volume-plugins')}`,
      // how soon a node's condition becomes its taint: 5 s otherwise
      '--node-monitor-period=1s',
    ),
  'kube-scheduler': () =>
    kubernetes(
      'kube-scheduler',
      `--kubeconfig=${files.admin}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.scheduler}`,
      '--leader-elect=false',
    ),
  kubelet: () =>
    kubernetes(
      'kubelet',
      `--config=${files.kubelet}`,
      `--kubeconfig=${files.node}`,
      `--root-dir=${paths.kubelet}`,
      `--cert-dir=${join(paths.kubelet, 'pki')}`,
      `--hostname-override=${NODE}`,
      `--node-ip=${network.node}`,
      '--v=2',
    ),
  kwok: () => [
    join(binOf(KWOK), 'kwok'),
    `--kubeconfig=${files.admin}`,
    `--config=${files.stages}`,
    '--manage-nodes-with-label-selector=type=kwok',
    // nothing renews the leases of these nodes: see fleetFlags
    '--node-lease-duration-seconds=0',
    '--server-address=127.0.0.1:0',
  ],
};
