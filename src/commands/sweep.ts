/** `sweep`: lists the mounts that the defect left behind, and removes them. */

import { advisory } from '../advisory/index.ts';
import { commandsFor, removeLeftovers, scratchPath } from '../apply/sweep.ts';
import { type ClusterOptions, type Pod, readPods } from '../cluster/pods.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import {
  type Leftover,
  type LeftoverDirectory,
  type Leftovers,
  readLeftovers,
} from '../facts/leftovers/leftovers.ts';
import { danglingAmong, type LeftoverState, stateOf } from '../facts/leftovers/state.ts';
import type { Host } from '../host/host.ts';
import { RequestError } from '../remedy/system.ts';
import { exitCodes } from '../report/exit.ts';
import { type SweepFormat, write } from '../report/sweep/index.ts';
import type { Sweep, SweepDirectory } from '../report/sweep/schema.ts';
import { exitCodeOfSweep, sweepOf } from '../report/sweep/sweep.ts';
import { commandText } from '../report/sweep/words.ts';
import { type Context, type SharedOptions, verboseHost } from './context.ts';
import { abandonedScratch, clearAbandoned, sweepTools } from './sweep-tools.ts';

export interface SweepOptions extends Omit<SharedOptions, 'format'>, ClusterOptions {
  format?: SweepFormat;
  apply?: true;
  dryRun?: true;
  force?: true;
}

/** Whether the mount that the running kubelet uses has the defect. */
export type KubeletMount = Fact<'affected' | 'fixed'>;

/** Tries the mount that kubelet uses, as `check` does. */
async function tryKubeletMount(host: Host, signal: AbortSignal): Promise<KubeletMount> {
  const { examineNode } = await import('../facts/node/examine.ts');
  const { probe } = (await examineNode(host, advisory, { live: true, signal })).facts;
  return probe.known ? known(probe.value.state, probe.evidence) : unknown(probe.reason);
}

/**
 * @param kubeletMount looked at before anything is removed: what an affected one leaves comes back
 * @returns the exit code: without --apply 1 when there is something to remove; with it 4 when something remains
 * @throws {RequestError} without root, or while kubelet's mount is affected; nothing was done then
 * @throws {ReadError} where there is no mount table
 */
export async function sweep(
  context: Context,
  options: SweepOptions,
  kubeletMount: (host: Host, signal: AbortSignal) => Promise<KubeletMount> = tryKubeletMount,
): Promise<number> {
  const host = verboseHost(context, options);
  const { signal } = context;
  const applying = options.apply === true && !options.dryRun;
  if (applying && !host.isRoot) {
    throw new RequestError('sweep --apply: only root can unmount; run it as root. Nothing was done');
  }
  const found = await readLeftovers(host);
  const document = await listing(context, host, options, found);
  if (signal.aborted) return exitCodes.undetermined;
  if (options.dryRun) planInto(document, found.directories);
  if (applying && document.directories.length > 0) {
    document.notes.push(...lasting(await kubeletMount(host, signal), options.force === true));
  }
  if (applying) await applyTo(document, found.directories, host, signal);
  present(context, document, options);
  return exitCodeOfSweep(document);
}

async function listing(
  { version, signal }: Context,
  host: Host,
  options: SweepOptions,
  { directories, others, malformed }: Leftovers,
): Promise<Sweep> {
  const leftovers = directories.flatMap((directory) => directory.leftovers);
  const [dangling, states, pods, abandoned] = await Promise.all([
    danglingAmong(host, others, signal),
    Promise.all(
      leftovers.map(async (one): Promise<[Leftover, LeftoverState]> => [one, await stateOf(host, one)]),
    ),
    leftovers.length === 0 ? noPods : readPods(host, options, signal),
    abandonedScratch(host),
  ]);
  return sweepOf({
    version,
    now: new Date(),
    directories,
    states: new Map(states),
    pods,
    others: dangling,
    abandoned,
    malformed,
    notes: [],
    applied: options.apply === true,
    dryRun: options.dryRun === true,
  });
}

const noPods: Fact<Map<string, Pod>> = unknown('there was nothing to ask about');

/** @throws {RequestError} while kubelet's mount is affected */
function lasting(mount: KubeletMount, force: boolean): string[] {
  if (!mount.known) {
    return [
      `whether kubelet's mount still has the defect is not known (${mount.reason}); while it has, this comes back`,
    ];
  }
  if (mount.value === 'fixed') return [];
  const comesBack = `kubelet still uses a mount with the defect (${mount.evidence}), so that what is removed now comes back`;
  if (force) return [comesBack];
  throw new RequestError(
    `${comesBack}: cure that first (subpathfix generate), or give --force. Nothing was done`,
  );
}

function planInto(document: Sweep, directories: LeftoverDirectory[]): void {
  for (const [entry, { path }] of pairs(document, directories)) {
    if (entry.obstacle !== null) continue;
    entry.commands = Object.values(commandsFor(path, scratchPath(process.pid))).map(commandText);
  }
}

/** One directory at a time: what goes wrong with one is no reason to leave the others. */
async function applyTo(
  document: Sweep,
  directories: LeftoverDirectory[],
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const tools = sweepTools(host, signal);
  document.abandoned = await clearAbandoned(document.abandoned, tools, document.notes);
  const scratch = scratchPath(process.pid);
  for (const [entry, { path, leftovers, siblings }] of pairs(document, directories)) {
    entry.outcome =
      entry.obstacle === null
        ? await removeLeftovers({ directory: path, leftovers, siblings }, scratch, tools)
        : { state: 'refused', because: entry.obstacle };
  }
  // kubelet may have mounted one again meanwhile.
  const again = new Set((await readLeftovers(host)).directories.map(({ path }) => path));
  for (const [entry, { path }] of pairs(document, directories)) {
    if (again.has(path) && (entry.outcome?.state === 'removed' || entry.outcome?.state === 'gone')) {
      entry.outcome = {
        state: 'failed',
        because: 'it was removed, and kubelet has made it again: its mount still has the defect',
      };
    }
  }
}

/** Each directory of the document with what was found of it; they are in the same order. */
function pairs(document: Sweep, directories: LeftoverDirectory[]): [SweepDirectory, LeftoverDirectory][] {
  return directories.flatMap((directory, index) => {
    const entry = document.directories[index];
    return entry ? [[entry, directory]] : [];
  });
}

function present({ host: { env }, stdout }: Context, document: Sweep, options: SweepOptions): void {
  const format = options.json ? 'json' : (options.format ?? 'human');
  if (options.quiet && format === 'human') return;
  const { color = 'auto' } = options;
  const terminal = process.stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  stdout(write(document, format, color === 'auto' ? terminal : color === 'always'));
}
