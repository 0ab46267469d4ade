/** The smoke run: a pod that needs subPaths, its verdict, and its removal whatever happens. */
import type { Advisory } from '../advisory/index.ts';
import type { Unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { create } from './create.ts';
import { hasFailed, keptText, whatIsLeft } from './left.ts';
import { nameOf } from './objects.ts';
import { beginObservation, type SmokeRun } from './observation.ts';
import { newObserved } from './observe.ts';
import { removeOwnLeftovers } from './own-leftovers.ts';
import { prepare } from './prepare.ts';
import { remove } from './remove.ts';
import type { OnStep, SmokeEnd, SmokeResult, SmokeVerdict } from './result.ts';
import type { SmokeOptions } from './target.ts';

/**
 * Creates the pod, judges it, and removes it. Never throws for what the cluster does.
 * @param signal ends the run; what was created is still removed
 */
export async function runSmoke(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  onStep: OnStep = () => {},
): Promise<SmokeEnd> {
  const prepared = await prepare(host, options, advisory, signal, onStep);
  if (!signal.aborted && prepared.known) return { result: await pursue(prepared.value), reason: null };
  const { code, text }: Unknown['reason'] =
    signal.aborted || prepared.known ? { code: 'interrupted', text: 'interrupted' } : prepared.reason;
  const result: SmokeResult = { state: 'undetermined', because: text, nodes: [], removed: true, left: [] };
  return { result, reason: code };
}

async function pursue(run: SmokeRun): Promise<SmokeResult> {
  const { host, kubectl, target, onStep } = run;
  const { namespace, image } = target;
  const observed = newObserved(nameOf(target));
  const end = new AbortController();
  let found: SmokeVerdict;
  try {
    const observation = beginObservation(run, observed, end.signal);
    onStep({ code: 'creating', text: `creating the pod in namespace ${namespace}, with image ${image}` });
    const refused = await create(run);
    found = refused ? { state: 'undetermined', because: refused, nodes: [] } : await observation.verdict();
  } finally {
    end.abort();
  }
  if (target.keep && !run.signal.aborted) return { ...found, removed: false, left: [keptText(target)] };
  onStep({ code: 'removing', text: 'removing what was created' });
  const failed = found.nodes.some(hasFailed);
  const removing = remove(host, kubectl, target, { all: target.where === 'all', failed });
  const sweeps = host.isRoot && failed;
  const cleared = sweeps ? await removeOwnLeftovers(host, observed, removing) : new Set<string>();
  const gone = await removing;
  const left = whatIsLeft({ ...gone, cleared }, target, observed, found.nodes);
  return { ...found, removed: gone.removed, left };
}
