import { execFileSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { network, paths, ROOT } from './layout.ts';
import { program } from './prerequisites.ts';
import type { State } from './state.ts';

/** Set by kubelet (setupKernelTunables in pkg/kubelet/cm/container_manager_linux.go) and the ptp plugin. */
const SYSCTLS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'net/ipv4/ip_forward',
];

/** Directories that no setting moves, outermost first. */
const FOREIGN = [
  '/var/lib/kubelet',
  '/var/lib/kubelet/device-plugins',
  '/var/log/containers',
  '/var/lib/cni',
  '/var/lib/cni/results',
  '/run/containerd',
  '/run/containerd/s',
];

/** What of the machine, outside of its own directory, the cluster will change. */
export function machineBefore(): Pick<State, 'sysctls' | 'absent'> {
  const sysctls = SYSCTLS.filter((name) => existsSync(join('/proc/sys', name)));
  return {
    sysctls: Object.fromEntries(sysctls.map((name) => [name, readSysctl(name)])),
    absent: FOREIGN.filter((path) => !existsSync(path)),
  };
}

/** Sets the kernel's settings back, and removes what the components have put elsewhere. */
export function removeTraces(state: State | undefined): void {
  for (const [name, value] of Object.entries(state?.sysctls ?? {})) {
    if (readSysctl(name) !== value) writeFileSync(join('/proc/sys', name), value);
  }
  for (const link of entries('/var/log/containers')) {
    if (linkTarget(link)?.startsWith(`${ROOT}/`)) rmSync(link);
  }
  for (const result of entries('/var/lib/cni/results')) {
    // A result names the network namespace, which is below ROOT.
    if (readFileSync(result, 'utf8').includes(`${ROOT}/`)) rmSync(result);
  }
  // Each container's shim has a socket there, which a killed one leaves; its address is in its bundle.
  for (const bundle of entries(join(paths.runtime, 'containerd/io.containerd.runtime.v2.task')).flatMap(
    entries,
  )) {
    const address = join(bundle, 'address');
    if (!existsSync(address)) continue;
    rmSync(readFileSync(address, 'utf8').replace(/^unix:\/\//, ''), { force: true });
  }
  const absent = state?.absent ?? [];
  if (absent.includes('/var/lib/kubelet/device-plugins')) {
    for (const name of ['kubelet.sock', 'DEPRECATION', 'kubelet_internal_checkpoint']) {
      rmSync(join('/var/lib/kubelet/device-plugins', name), { force: true });
    }
  }
  for (const path of absent.toReversed()) removeIfEmpty(path);
}

/** Gives lo the node's address, or another of the cluster's. */
export function addAddress(address: string = network.node): void {
  execFileSync(program('ip'), ['address', 'add', `${address}/32`, 'dev', 'lo']);
}

/** The network interfaces that have an address of the cluster, and that address. */
export function ownAddresses(): { dev: string; address: string }[] {
  const output = execFileSync(program('ip'), ['-json', 'address', 'show', 'to', network.all], {
    encoding: 'utf8',
  });
  const interfaces = JSON.parse(output || '[]') as {
    ifname?: string;
    addr_info?: { local?: string; prefixlen?: number }[];
  }[];
  return interfaces.flatMap(({ ifname, addr_info = [] }) =>
    addr_info.flatMap(({ local, prefixlen }) =>
      ifname === undefined || local === undefined ? [] : { dev: ifname, address: `${local}/${prefixlen}` },
    ),
  );
}

/** Removes the pods' interfaces that are left, and the node's address. */
export function removeNetwork(): void {
  for (const { dev, address } of ownAddresses()) {
    const args = dev === 'lo' ? ['address', 'del', address, 'dev', dev] : ['link', 'del', dev];
    try {
      execFileSync(program('ip'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      // The kernel removes a pod's interface with its network namespace, and can be quicker.
      if (ownAddresses().some((each) => each.dev === dev && each.address === address)) throw error;
    }
  }
}

function readSysctl(name: string): string {
  return readFileSync(join('/proc/sys', name), 'utf8').trim();
}

/** The paths in a directory; none where there is no such directory. */
function entries(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).map((name) => join(dir, name)) : [];
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  }
}
