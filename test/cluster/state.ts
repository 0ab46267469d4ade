import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { paths } from './layout.ts';
import { identify, isAlive, type ProcessId } from './processes.ts';

export const COMPONENTS = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kwok',
] as const;
export type Component = (typeof COMPONENTS)[number];

/** What another process must know to end the cluster, or to go on with it. */
export interface State {
  /** Process ids of another boot mean nothing. */
  boot: string;
  starter: ProcessId;
  /** Whether the cluster stays when its starter ends. */
  keep: boolean;
  processes: Partial<Record<Component, ProcessId>>;
  kubelet: KubeletOptions;
  programs: Programs;
  /** Whether there are to be thousands of nodes, which nobody but kwok keeps alive. */
  fleet: boolean;
  /** Kernel settings before kubelet and the CNI plugin changed them. */
  sysctls: Record<string, string>;
  /** Directories that the components make outside of the cluster's own, and that were not there before. */
  absent: string[];
}

export interface KubeletOptions {
  /** A directory with mount and umount: the first in kubelet's PATH. */
  mount: string;
  /** Added to kubelet's environment. */
  env: Readonly<Record<string, string>>;
}

/** The directories of the programs that the cluster is made of. */
export interface Programs {
  /** Has kubelet, kubectl and the others. */
  kubernetes: string;
  /** Has containerd, its shim and ctr; where not given, this machine's own are used. */
  containerd?: string;
}

export function newState(
  kubelet: KubeletOptions,
  programs: Programs,
  fleet: boolean,
): Omit<State, 'sysctls' | 'absent'> {
  const starter = identify(process.pid);
  if (starter === undefined) throw new Error('/proc is not mounted');
  return { boot: bootId(), starter, keep: false, processes: {}, kubelet, programs, fleet };
}

/** The state of the cluster; undefined where there is none, or its file is half written. */
export function readState(): State | undefined {
  try {
    return JSON.parse(readFileSync(paths.state, 'utf8')) as State;
  } catch {
    return undefined;
  }
}

/** Creates the file: of two starters, one gets EEXIST. */
export function createState(state: State): void {
  writeFileSync(paths.state, JSON.stringify(state, null, 2), { flag: 'wx' });
}

/** Changes the state as it is now. Throws where there is none. */
export function updateState(change: (state: State) => void): State {
  const state = readState();
  if (state === undefined) throw new Error('the test cluster is not up');
  change(state);
  const partial = `${paths.state}.partial`;
  writeFileSync(partial, JSON.stringify(state, null, 2));
  renameSync(partial, paths.state);
  return state;
}

/** Whether somebody still has use for the cluster: its starter lives, or has left it running. */
export function inUse(state: State): boolean {
  if (state.boot !== bootId()) return false;
  if (isAlive(state.starter)) return true;
  return state.keep && Object.values(state.processes).some(isAlive);
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
