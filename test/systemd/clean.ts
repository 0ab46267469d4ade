import { execFileSync } from 'node:child_process';
import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { mounts } from '../cluster/mounts.ts';
import { program } from '../cluster/prerequisites.ts';
import { identify, signal } from '../cluster/processes.ts';
import { groupsOf, pidsOf, removeGroups } from './groups.ts';
import { type Place, ROOT } from './layout.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends a node, complete or not, and removes all that it has on this machine. Its mounts, network interfaces and loop
 * device go with its last process. It does not return to the event loop, so that it can also run when this process
 * ends.
 * Throws where something stays.
 */
export function clean(place: Place): void {
  unbind(place);
  // Together: a program that was about to enter the node comes into its groups after the last of the others has gone.
  insist(() => {
    const left = pidsOf(place);
    for (const each of left.flatMap((pid) => identify(pid) ?? [])) signal(each, 'SIGKILL');
    if (left.length === 0) removeGroups(place);
    return left.length === 0;
  }, `the processes of ${place.name} do not end`);
  insist(() => loopDevicesOf(place).length === 0, `the disk of ${place.name} stays in use`);
  rmSync(place.dir, { recursive: true, force: true });
  try {
    rmdirSync(ROOT);
  } catch {
    // There is another node, or there was none.
  }
}

/** What of the node there is on this machine: nothing, after clean(). */
export function leftoversOf(place: Place): string[] {
  return [
    ...pidsOf(place).map((pid) => `process ${pid}`),
    ...groupsOf(place).map((path) => `control group ${path}`),
    ...loopDevicesOf(place).map((device) => `loop device ${device}`),
    ...mounts().flatMap(({ mountPoint }) => (mountPoint.startsWith(place.dir) ? `mount ${mountPoint}` : [])),
    ...(existsSync(place.dir) ? [`directory ${place.dir}`] : []),
  ];
}

/** The nodes that end with this process, by name. */
const bound = new Map<string, Place>();

/** Has the node end with this process, after a signal, too; SIGKILL alone leaves the clean-up to another process. */
export function endWithProcess(place: Place): void {
  if (bound.size === 0) {
    process.on('exit', endBound);
    for (const name of SIGNALS) process.on(name, exitBySignal);
  }
  bound.set(place.name, place);
}

function unbind(place: Place): void {
  if (!bound.delete(place.name) || bound.size > 0) return;
  process.off('exit', endBound);
  for (const name of SIGNALS) process.off(name, exitBySignal);
}

function endBound(): void {
  for (const place of bound.values()) clean(place);
}

function exitBySignal(name: (typeof SIGNALS)[number]): void {
  process.exit(128 + constants.signals[name]);
}

function loopDevicesOf({ disk }: Place): string[] {
  const output = execFileSync(program('losetup'), ['--output=NAME', '--noheadings', '--associated', disk]);
  return output.toString().split('\n').filter(Boolean);
}

/** Tries for 20 s. Throws the last error then, or what has failed. */
function insist(attempt: () => boolean, failure: string): void {
  for (const deadline = Date.now() + 20_000; ; ) {
    let reason: unknown = new Error(failure);
    try {
      if (attempt()) return;
    } catch (error) {
      reason = error;
    }
    if (Date.now() > deadline) throw reason;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}
