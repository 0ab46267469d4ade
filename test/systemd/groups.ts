import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mounts } from '../cluster/mounts.ts';
import { identify } from '../cluster/processes.ts';
import type { Place } from './layout.ts';

/** The node's control groups that there are: one in each hierarchy, none where it has not been started. */
export function groupsOf(place: Place): string[] {
  return hierarchies()
    .map((path) => join(path, place.cgroup))
    .filter((path) => existsSync(path));
}

/**
 * Creates the node's control groups, and returns them.
 * Throws where the machine has no cgroup v1: the systemd of a node is told to use that.
 */
export function createGroups(place: Place): string[] {
  if (!mounts().some(({ fsType }) => fsType === 'cgroup')) {
    throw new Error('a node under systemd needs cgroup v1 or hybrid: this machine has cgroup v2 alone');
  }
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, place.cgroup);
    mkdirSync(group);
    // A new cpuset is empty, and takes no process then: cpuset(7).
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(join(group, file)))
        writeFileSync(join(group, file), readFileSync(join(hierarchy, file)));
    }
    const clone = join(group, 'cgroup.clone_children');
    if (existsSync(clone) && existsSync(join(group, 'cpuset.cpus'))) writeFileSync(clone, '1');
  }
  return groupsOf(place);
}

/** Every process of the node, by its number on this machine. */
export function pidsOf(place: Place): number[] {
  const pids = groupsOf(place)
    .flatMap(withChildren)
    .flatMap((path) => lines(join(path, 'cgroup.procs')))
    .map(Number);
  return [...new Set(pids)];
}

/** The node's PID 1, by its number on this machine; undefined where there is none. */
export function initOf(place: Place): number | undefined {
  const all = pidsOf(place).filter((pid) => {
    const numbers = lines(`/proc/${pid}/status`).find((line) => line.startsWith('NSpid:'));
    return /^NSpid:\t\d+\t1$/.test(numbers ?? '');
  });
  // A process that is about to become one of a namespace below can look like it for a moment: it is the first of all.
  const [first] = all
    .flatMap((pid) => identify(pid) ?? [])
    .sort((one, other) => Number(one.started) - Number(other.started));
  return first?.pid;
}

/** Throws EBUSY where a process is still in one. */
export function removeGroups(place: Place): void {
  for (const path of groupsOf(place).flatMap(withChildren)) rmdirSync(path);
}

function hierarchies(): string[] {
  const points = mounts()
    .filter(
      ({ fsType, mountPoint }) => fsType.startsWith('cgroup') && mountPoint.startsWith('/sys/fs/cgroup/'),
    )
    .map(({ mountPoint }) => mountPoint);
  return [...new Set(points)];
}

/** A group and those below it, children first; without those that have just gone. */
function withChildren(path: string): string[] {
  try {
    const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...children.flatMap(({ name }) => withChildren(join(path, name))), path];
  } catch {
    return [];
  }
}

/** Of a file; none where it has just gone. */
function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
