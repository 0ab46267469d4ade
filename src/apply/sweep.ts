/**
 * Removes the mounts that the defect left behind. umount(8) follows a dangling link and finds nothing, so the
 * container's directory is bound with all that is mounted in it to an empty one, and that is unmounted: a copy
 * of a mount is its peer, and what is removed below one peer is removed below all (mount_namespaces(7)).
 */
import { shellQuoted } from '../text/escape.ts';

export interface SweepCommand {
  file: string;
  args: string[];
}

export interface MountAt {
  id: number;
  mountPoint: string;
}

/** A container's directory, with what is mounted under it as it was listed. */
export interface SweepTarget {
  directory: string;
  leftovers: MountAt[];
  siblings: MountAt[];
}

/** What a sweep needs of the machine. */
export interface SweepTools {
  /**
   * Runs a program to its end.
   * @param interruptible whether the signal stops it
   * @returns null when it went well, else why not
   */
  run(command: SweepCommand, interruptible: boolean): Promise<string | null>;
  /** the mounts at a path and below it, as the mount table has them now */
  mountsUnder(path: string): Promise<MountAt[]>;
  signal: AbortSignal;
}

export interface SweepOutcome {
  /** gone: it was so already; refused: nothing was touched */
  state: 'removed' | 'gone' | 'refused' | 'failed' | 'interrupted';
  because: string | null;
}

/** A directory of root's that is empty after a reboot; the name says whose process uses it. */
const scratchDirectory = '/run';
const scratchName = /^subpathfix-sweep-(\d+)$/;

export const scratchPath = (pid: number): string => `${scratchDirectory}/subpathfix-sweep-${pid}`;

/** The id of the process that uses a path as its empty directory; null for any other path. */
export function scratchOwner(path: string): number | null {
  const name = path.startsWith(`${scratchDirectory}/`) ? path.slice(scratchDirectory.length + 1) : '';
  const match = scratchName.exec(name);
  return match ? Number(match[1]) : null;
}

/** The commands for one directory, in their order. */
export function commandsFor(
  directory: string,
  scratch: string,
): Record<'make' | 'bind' | 'detach' | 'unmake', SweepCommand> {
  return {
    make: { file: 'mkdir', args: ['-m', '0700', scratch] },
    bind: { file: 'mount', args: ['--rbind', directory, scratch] },
    detach: { file: 'umount', args: ['-l', scratch] },
    unmake: { file: 'rmdir', args: [scratch] },
  };
}

/**
 * Removes what is listed under one directory, and looks whether it is gone. Nothing is removed when there is
 * something under it that was not listed. However it ends, the empty directory and what is bound to it are undone.
 */
export async function removeLeftovers(
  target: SweepTarget,
  scratch: string,
  tools: SweepTools,
): Promise<SweepOutcome> {
  if (tools.signal.aborted) return interrupted;
  const changed = await changeOf(target, tools);
  if (changed) return changed;
  const { make } = commandsFor(target.directory, scratch);
  const words = await tools.run(make, false);
  if (words !== null) return failed(words);
  const outcome = await detach(target, scratch, tools);
  const left = await undo(scratch, tools);
  return left === null ? outcome : failed([outcome.because, left].filter(Boolean).join('; '));
}

async function detach(target: SweepTarget, scratch: string, tools: SweepTools): Promise<SweepOutcome> {
  const commands = commandsFor(target.directory, scratch);
  const bound = await tools.run(commands.bind, true);
  if (tools.signal.aborted) return interrupted;
  if (bound !== null) return failed(bound);
  // Mounted meanwhile, it would go too.
  const changed = await changeOf(target, tools);
  if (changed) return changed;
  const words = await tools.run(commands.detach, false);
  if (words !== null) return tools.signal.aborted ? interrupted : failed(words);
  const listed = new Set([...target.leftovers, ...target.siblings].map(({ id }) => id));
  const still = (await tools.mountsUnder(target.directory)).filter(({ id }) => listed.has(id));
  if (still.length === 0) return { state: 'removed', because: null };
  return failed(`still mounted afterwards: ${still.map(({ mountPoint }) => mountPoint).join(', ')}`);
}

/** Why the listing does not hold any more; null when it does, less what has gone since. */
async function changeOf(target: SweepTarget, tools: SweepTools): Promise<SweepOutcome | null> {
  const now = await tools.mountsUnder(target.directory);
  const ids = new Set(now.map(({ id }) => id));
  if (!target.leftovers.some(({ id }) => ids.has(id))) {
    return { state: 'gone', because: 'it went by itself since it was listed' };
  }
  const listed = new Set([...target.leftovers, ...target.siblings].map(({ id }) => id));
  const added = now.filter(({ id, mountPoint }) => !listed.has(id) && mountPoint !== target.directory);
  if (added.length === 0) return null;
  const names = added.map(({ mountPoint }) => mountPoint).join(', ');
  return { state: 'refused', because: `mounted since it was listed: ${names}; look again, then sweep again` };
}

const interrupted: SweepOutcome = { state: 'interrupted', because: null };
const failed = (because: string): SweepOutcome => ({ state: 'failed', because });

/**
 * Takes the empty directory away, and what is bound to it: made private first, so that it takes nothing with it.
 * @returns null when it is gone, else why not
 */
export async function undo(scratch: string, tools: SweepTools): Promise<string | null> {
  const words: string[] = [];
  if ((await tools.mountsUnder(scratch)).length > 0) {
    const privately = { file: 'mount', args: ['--make-rprivate', scratch] };
    const made = await tools.run(privately, false);
    // Not made private, it would take the mounts below its peer with it.
    const gone = made ?? (await tools.run(commandsFor('', scratch).detach, false));
    if (gone !== null) words.push(gone);
  }
  const removed = words.length > 0 ? null : await tools.run(commandsFor('', scratch).unmake, false);
  if (removed !== null) words.push(removed);
  if (words.length === 0) return null;
  const byHand = ['mount --make-rprivate', 'umount -l', 'rmdir'].map((text) => `${text} ${quoted(scratch)}`);
  return `${scratch} could not be taken away (${words.join('; ')}): ${byHand.join(' && ')}`;
}

const quoted = (path: string): string => shellQuoted({ file: path, args: [] });
