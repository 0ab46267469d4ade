/** `sweep`: lists the mounts that the defect left behind, and removes them. */
import { advisory } from '../advisory/index.ts';
import { clearAbandoned, removalCommands, removeLeftovers, scratchPath } from '../apply/sweep.ts';
import type { ClusterOptions } from '../cluster/pods.ts';
import { exitCodes, UserError } from '../errors.ts';
import { known } from '../facts/fact.ts';
import { type LeftoverDirectory, readLeftovers } from '../facts/leftovers/leftovers.ts';
import { kubeletTable } from '../facts/leftovers/table.ts';
import { readRunning } from '../facts/node/kubelet.ts';
import { type Host, ReadError } from '../host/host.ts';
import { publishHead } from '../report/documents/shapes.ts';
import { type Sweep, sweepDocument } from '../report/documents/sweep.ts';
import { printable } from '../text/escape.ts';
import { isSwept } from '../verdict/leftovers.ts';
import { type Context, checkKubeconfig, hostFor, present, type SharedOptions } from './context.ts';
import { listingOf } from './sweep-listing.ts';
import { type KubeletMount, lookForLeftovers } from './sweep-looking.ts';

export interface SweepOptions extends SharedOptions, ClusterOptions {
  apply?: true;
  dryRun?: true;
  force?: true;
}

/** Tests the mount that kubelet uses, as `check` does. */
async function testKubeletMount(host: Host, signal: AbortSignal): Promise<KubeletMount> {
  const { examineNode } = await import('../facts/node/examine.ts');
  const { probe } = (await examineNode(host, advisory, { live: true, signal })).facts;
  return probe.known ? known(probe.value.state, probe.evidence) : probe;
}

/**
 * @param kubeletMount tested before anything is removed: an affected mount would leave the same again
 * @returns the exit code: without --apply 1 when there is something to remove; with it 4 when something remains
 * @throws {UserError} without root, while kubelet's mount is affected, or without a mount table; nothing was done
 */
export async function sweep(
  context: Context,
  options: SweepOptions,
  kubeletMount: (host: Host, signal: AbortSignal) => Promise<KubeletMount> = testKubeletMount,
): Promise<number> {
  if (options.force && !options.apply) throw new UserError('--force needs --apply');
  const host = hostFor(context, options);
  await checkKubeconfig(host, options);
  const { signal } = context;
  const applying = options.apply === true && !options.dryRun;
  if (applying && !host.isRoot) {
    throw new UserError('sweep --apply: only root can unmount; run it as root. Nothing was done');
  }
  const running = await readRunning(host);
  const table = await kubeletTable(host, running);
  if (applying && table.kind === 'kubelet') {
    throw new UserError(`sweep --apply: ${table.because}. Nothing was done`);
  }
  let tested: KubeletMount | undefined;
  const mount = async (): Promise<KubeletMount> => (tested ??= await kubeletMount(host, signal));
  const say = sayTo(context, options);
  const { found, notes } = await lookForLeftovers(host, table.file, mount, signal, say).catch(withoutTable);
  const document: Sweep = {
    ...publishHead('sweep', context.version),
    checkedAt: new Date(host.now()).toISOString(),
    applied: options.apply === true,
    dryRun: options.dryRun === true,
    mountTable: table.kind,
    ignored: [...running.ignored],
    ...(await listingOf(host, found, { table, ignored: running.ignored }, options, signal)),
    advice: [],
  };
  document.notes.push(...notes);
  if (signal.aborted) return exitCodes.undetermined;
  if (options.dryRun) addCommands(document, host.pid);
  if (applying && document.directories.length > 0) {
    document.notes.push(...mountNotes(await mount(), options.force === true));
  }
  if (applying) await applyTo(document, found.directories, host, signal);
  document.advice = adviceFor(document);
  return present(context, sweepDocument(document, host.hostname), options);
}

/** What the machine does not show is missing evidence, not a mistake of the user's. */
function withoutTable(error: unknown): never {
  if (error instanceof ReadError) throw new UserError(error.message, exitCodes.undetermined);
  throw error;
}

const sayTo =
  ({ stderr }: Context, { quiet, json }: SweepOptions) =>
  (line: string): void => {
    if (!quiet && !json && stderr.columns !== null) stderr.write(`${printable(line)}\n`);
  };

/** @throws {UserError} while kubelet's mount is affected */
function mountNotes(mount: KubeletMount, force: boolean): Sweep['notes'] {
  if (!mount.known) {
    const text = `cannot determine whether kubelet's mount still has the defect (${mount.reason.text}); if it does, leftovers will come back`;
    return [{ code: 'kubelet-not-known', text }];
  }
  if (mount.value === 'fixed') return [];
  const text = `kubelet's mount still has the defect (${mount.evidence}), so what is removed now will come back`;
  if (force) return [{ code: 'kubelet-still-affected', text }];
  throw new UserError(`${text}: fix that first (subpathfix generate), or use --force. Nothing was done`);
}

function addCommands({ directories }: Sweep, pid: number): void {
  for (const entry of directories) {
    if (entry.obstacle === null) entry.commands = removalCommands(entry.path, scratchPath(pid));
  }
}

/** One directory at a time: a failure in one does not stop the others. */
async function applyTo(
  document: Sweep,
  directories: LeftoverDirectory[],
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const left = await clearAbandoned(host, document.abandoned);
  document.abandoned = [...left.keys()];
  for (const text of left.values()) document.notes.push({ code: 'not-cleared', text });
  for (const entry of document.directories) {
    const found = directories.find(({ path }) => path === entry.path);
    if (!found) continue;
    entry.outcome =
      entry.obstacle === null
        ? await removeLeftovers(host, found, scratchPath(host.pid), signal)
        : { state: 'refused', because: entry.obstacle.text };
  }
  // kubelet may have made one again in the meantime.
  const again = new Set((await readLeftovers(host)).directories.map(({ path }) => path));
  for (const entry of document.directories) {
    if (!again.has(entry.path) || !isSwept(entry)) continue;
    const because = 'it was removed, but kubelet has made it again: its mount still has the defect';
    entry.outcome = { state: 'failed', because };
  }
}

function adviceFor({ applied, directories, abandoned, mountTable }: Sweep): Sweep['advice'] {
  if (mountTable === 'uncertain' && directories.length === 0) {
    const text = 'run it on the machine itself, in no container';
    return [{ code: 'sweep', text, command: 'sudo subpathfix sweep' }];
  }
  if (!applied) {
    const some = directories.some(({ obstacle }) => obstacle === null) || abandoned.length > 0;
    const command = 'sudo subpathfix sweep --apply';
    return some ? [{ code: 'sweep', text: 'remove them (--dry-run shows the commands)', command }] : [];
  }
  if (directories.every(({ outcome }) => outcome?.state !== 'removed')) return [];
  const text =
    'nothing more to do: kubelet retries these pods by itself, and deletions within about 2 minutes';
  return [{ code: 'wait-for-kubelet', text }];
}
