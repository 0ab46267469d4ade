import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE } from './layout.ts';
import { mounts } from './mounts.ts';

/** Absolute in each hierarchy; all containers of the cluster are below. */
export const CGROUP = `/${NODE}`;

/** The cluster's cgroup in each hierarchy that has it: one in cgroup v2, one a controller in v1. */
export function ownCgroups(): string[] {
  return hierarchies()
    .map(({ path }) => join(path, CGROUP))
    .filter((path) => existsSync(path));
}

/** Creates the cluster's cgroup, which kubelet wants to find. */
export function createCgroups(): void {
  for (const { path, unified } of hierarchies()) {
    if (unified) delegateControllers(path);
    mkdirSync(join(path, CGROUP), { recursive: true });
  }
}

/** The processes in the cluster's cgroups: those inside containers. */
export function containedPids(): number[] {
  const pids = ownCgroups()
    .flatMap(tree)
    .flatMap((path) => processesIn(path));
  return [...new Set(pids)];
}

/** Removes the cluster's cgroups. Throws EBUSY where a process is still in one. */
export function removeCgroups(): void {
  for (const path of ownCgroups().flatMap(tree)) rmdirSync(path);
}

function hierarchies(): { path: string; unified: boolean }[] {
  return mounts()
    .filter(({ fsType }) => fsType === 'cgroup' || fsType === 'cgroup2')
    .map(({ mountPoint, fsType }) => ({ path: mountPoint, unified: fsType === 'cgroup2' }));
}

/** In cgroup v2 kubelet takes a cgroup for missing that does not have the controllers it needs. */
function delegateControllers(path: string): void {
  const controllers = readFileSync(join(path, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean);
  for (const controller of controllers) {
    try {
      writeFileSync(join(path, 'cgroup.subtree_control'), `+${controller}`);
    } catch {
      // Not all can be: kubelet says which it lacks.
    }
  }
}

function processesIn(path: string): number[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** The cgroup and those below, children first. */
function tree(path: string): string[] {
  const children = readdirSync(path, { withFileTypes: true }).filter((each) => each.isDirectory());
  return [...children.flatMap((each) => tree(join(path, each.name))), path];
}
