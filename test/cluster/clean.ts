import { existsSync, rmSync } from 'node:fs';
import { containedPids, ownCgroups, removeCgroups } from './cgroups.ts';
import { ROOT } from './layout.ts';
import { ownMounts, unmountRoot } from './mounts.ts';
import { identify, marked, type ProcessId, signal } from './processes.ts';
import { readState } from './state.ts';
import { ownAddresses, removeNetwork, removeTraces } from './traces.ts';

const PATIENCE_MS = 20_000;

/**
 * Ends whatever there is of a cluster, of this or of another starter, complete or not, and removes all its
 * traces. With none, it does nothing. It does not return to the event loop, so that it can also run when
 * the process ends.
 * Throws where something cannot be ended or unmounted; the cluster's directory then stays.
 */
export function clean(): void {
  const state = readState();
  endProcesses();
  unmountRoot();
  retry(removeCgroups);
  removeNetwork();
  removeTraces(state);
  rmSync(ROOT, { recursive: true, force: true });
}

/** What of the cluster there is on this machine, in words: nothing, after clean(). */
export function leftovers(): string[] {
  return [
    ...ownProcesses().map(({ pid }) => `process ${pid}`),
    ...ownMounts().map((path) => `mount ${path}`),
    ...ownCgroups().map((path) => `cgroup ${path}`),
    ...ownAddresses().map(({ dev, address }) => `address ${address} of interface ${dev}`),
    ...(existsSync(ROOT) ? [`directory ${ROOT}`] : []),
  ];
}

/** Kills, as there is nothing worth an orderly end, until none is left that could start another. */
function endProcesses(): void {
  retry(() => {
    const left = ownProcesses();
    for (const each of left) signal(each, 'SIGKILL');
    if (left.length > 0) throw new Error(`still running: ${left.map(({ pid }) => pid).join(', ')}`);
  });
}

function ownProcesses(): ProcessId[] {
  return [...marked(), ...containedPids().flatMap((pid) => identify(pid) ?? [])];
}

/** Tries until it succeeds. Throws its last error after PATIENCE_MS. */
function retry(action: () => void): void {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    try {
      action();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      pause(100);
    }
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
