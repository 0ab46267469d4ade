/**
 * Removes the mounts that the defect left behind. umount(8) follows a stale link and finds nothing, so the
 * container's directory is bound, with every mount in it, to an empty one, and that is unmounted: a copy of a
 * mount is its peer, and an unmount below one peer propagates to all (mount_namespaces(7)).
 */
import type { LeftoverDirectory } from '../facts/leftovers/leftovers.ts';
import { eachMount } from '../facts/leftovers/mountinfo.ts';
import { type Command, endedText } from '../host/command.ts';
import { distrustText } from '../host/distrust.ts';
import { type Host, orNull } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { shellQuoted } from '../text/escape.ts';

export const removalStates = ['removed', 'gone', 'refused', 'failed', 'interrupted'] as const;

export interface Removal {
  /** gone: already, before anything was done; refused: nothing was touched */
  state: (typeof removalStates)[number];
  because: string | null;
}

type Target = Pick<LeftoverDirectory, 'path' | 'leftovers' | 'siblings'>;
type MountAt = LeftoverDirectory['siblings'][number];

/** Root's alone, and empty after a reboot, as all in /run; a name in it has the id of the process that uses it. */
const privateDirectory = '/run/subpathfix';
const scratchName = /^sweep-(\d+)$/;
const limits = { timeoutMs: 20_000, maxBytes: 64 * 1024 };

export const scratchPath = (pid: number): string => `${privateDirectory}/sweep-${pid}`;

const command = (file: string, ...args: string[]): Command => ({ file, args, mutates: true });
/** It stays: other runs use it too. */
const makePrivate = command('mkdir', '-p', '-m', '0700', privateDirectory);
const make = (scratch: string): Command => command('mkdir', '-m', '0700', scratch);
const bind = (directory: string, scratch: string): Command => command('mount', '--rbind', directory, scratch);
const isolate = (scratch: string): Command => command('mount', '--make-rprivate', scratch);
const detach = (scratch: string): Command => command('umount', '-l', scratch);
const unmake = (scratch: string): Command => command('rmdir', scratch);

/** The commands for one directory, as bash reads them. */
export const removalCommands = (directory: string, scratch: string): string[] =>
  [makePrivate, make(scratch), bind(directory, scratch), detach(scratch), unmake(scratch)].map(shellQuoted);

/** @returns null on success, else why it failed */
async function run(host: Host, step: Command, signal?: AbortSignal): Promise<string | null> {
  const result = await host.run(step, { ...limits, signal });
  if (result.exitCode === 0) return null;
  const words = clip(result.output);
  return `${step.file} ${step.args[0]}: ${endedText(result, limits)}${words ? `: ${words}` : ''}`;
}

/** The mounts at a path and below it, as the mount table has them now. */
async function mountsUnder(host: Host, path: string): Promise<MountAt[]> {
  const mounts: MountAt[] = [];
  await eachMount(host, '/proc/self/mountinfo', ({ id, mountPoint }) => {
    if (mountPoint === path || mountPoint.startsWith(`${path}/`)) mounts.push({ id, mountPoint });
  });
  return mounts;
}

/**
 * Removes what is listed under one directory, and checks that it is gone. Nothing is removed when something is
 * mounted under it that was not listed. The empty directory and what is bound to it are removed in any case.
 */
export async function removeLeftovers(
  host: Host,
  target: Target,
  scratch: string,
  signal: AbortSignal,
): Promise<Removal> {
  if (signal.aborted) return interrupted;
  const changed = await changeOf(host, target);
  if (changed) return changed;
  const unsafe = await privateFailure(host);
  if (unsafe !== null) return failed(unsafe);
  const words = await run(host, make(scratch));
  if (words !== null) {
    // One that was stopped may have made it all the same.
    await run(host, unmake(scratch));
    return failed(words);
  }
  const removal = await bindAndDetach(host, target, scratch, signal);
  const left = await undo(host, scratch);
  return left === null ? removal : failed([removal.because, left].filter(Boolean).join('; '));
}

/** @returns why no directory can be made that is root's alone; null where one can */
async function privateFailure(host: Host): Promise<string | null> {
  const words = await run(host, makePrivate);
  if (words !== null) return words;
  const found = await host.distrust(privateDirectory);
  return found && distrustText(privateDirectory, found);
}

async function bindAndDetach(
  host: Host,
  target: Target,
  scratch: string,
  signal: AbortSignal,
): Promise<Removal> {
  const bound = await run(host, bind(target.path, scratch), signal);
  if (signal.aborted) return interrupted;
  if (bound !== null) return failed(bound);
  // Anything mounted in the meantime would be removed too.
  const changed = await changeOf(host, target);
  if (changed) return changed;
  const words = await run(host, detach(scratch));
  if (words !== null) return signal.aborted ? interrupted : failed(words);
  const listed = idsOf(target);
  const still = (await mountsUnder(host, target.path)).filter(({ id }) => listed.has(id));
  if (still.length === 0) return { state: 'removed', because: null };
  return failed(`still mounted afterwards: ${pointsOf(still)}`);
}

/** How the listing is out of date; null if it is not, apart from mounts that are gone. */
async function changeOf(host: Host, target: Target): Promise<Removal | null> {
  const now = await mountsUnder(host, target.path);
  const ids = new Set(now.map(({ id }) => id));
  if (!target.leftovers.some(({ id }) => ids.has(id))) return { state: 'gone', because: null };
  const listed = idsOf(target);
  const added = now.filter(({ id, mountPoint }) => !listed.has(id) && mountPoint !== target.path);
  if (added.length === 0) return null;
  return { state: 'refused', because: `mounted since it was listed: ${pointsOf(added)}; run sweep again` };
}

const idsOf = ({ leftovers, siblings }: Target): Set<number> =>
  new Set([...leftovers, ...siblings].map(({ id }) => id));
const pointsOf = (mounts: MountAt[]): string => mounts.map(({ mountPoint }) => mountPoint).join(', ');

const interrupted: Removal = { state: 'interrupted', because: null };
const failed = (because: string): Removal => ({ state: 'failed', because });

/**
 * Removes the empty directory, and what is bound to it: made private first, so its peers stay.
 * @returns null when it is gone, else why not
 */
async function undo(host: Host, scratch: string): Promise<string | null> {
  const steps = [isolate(scratch), detach(scratch), unmake(scratch)];
  const isBound = (await mountsUnder(host, scratch)).length > 0;
  const needed = isBound ? steps : steps.slice(-1);
  for (const step of needed) {
    const words = await run(host, step);
    if (words === null) continue;
    const byHand = needed.map(shellQuoted).join(' && ');
    return `${scratch} could not be removed (${words}); remove it by hand: ${byHand}`;
  }
  return null;
}

/** The empty directories of sweeps whose process has ended: it was killed, and could not clean up. */
export async function abandonedScratch(host: Host): Promise<string[]> {
  const abandoned: string[] = [];
  for (const name of (await orNull(host.readDirectory(privateDirectory))) ?? []) {
    const pid = Number(scratchName.exec(name)?.[1]);
    if (Number.isNaN(pid) || (pid !== host.pid && (await host.isAlive(pid)))) continue;
    abandoned.push(`${privateDirectory}/${name}`);
  }
  return abandoned;
}

/** @returns those that could not be removed, with the reason */
export async function clearAbandoned(host: Host, paths: string[]): Promise<Map<string, string>> {
  const left = new Map<string, string>();
  for (const path of paths) {
    const why = await undo(host, path);
    if (why !== null) left.set(path, why);
  }
  return left;
}
