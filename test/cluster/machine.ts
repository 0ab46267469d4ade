import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from './prerequisites.ts';

/**
 * What a cluster could leave behind, read without the harness' own idea of what is its own: to be compared
 * before and after.
 */
export function machine(): Record<string, unknown> {
  const read = (path: string) => readFileSync(path, 'utf8').trim();
  const sysctls = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];
  const directories = [
    '/var/lib/subpathfix-test',
    '/var/lib/kubelet',
    '/var/lib/cni',
    '/var/log/containers',
    '/var/log/pods',
    '/run/containerd',
    '/run/netns',
    '/opt/containerd',
    '/usr/libexec/kubernetes',
  ];
  return {
    programs: readdirSync('/proc').flatMap(clusterProgram).sort(),
    mounts: read('/proc/self/mountinfo').split('\n').sort(),
    addresses: execFileSync(program('ip'), ['-brief', 'address'], { encoding: 'utf8' }).split('\n'),
    cgroups: cgroups(),
    sysctls: Object.fromEntries(sysctls.map((name) => [name, read(join('/proc/sys', name))])),
    directories: directories.filter((path) => existsSync(path)),
  };
}

/** Of the kinds that a cluster is made of. */
function clusterProgram(pid: string): string[] {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    // Init can be slow to reap.
    const isZombie = /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return !isZombie && /^(etcd|containerd|kube|runc|pause)/.test(name) ? [`${pid} ${name}`] : [];
  } catch {
    return [];
  }
}

/** The two upper levels of each hierarchy. */
function cgroups(): string[] {
  const root = '/sys/fs/cgroup';
  const below = (path: string) => {
    const children = readdirSync(path, { withFileTypes: true });
    return children.filter((each) => each.isDirectory()).map((each) => join(path, each.name));
  };
  const first = below(root);
  return [...first, ...first.flatMap(below)].sort();
}
