/** The smoke run: a pod that needs subPaths, its verdict, and its removal whatever happens. */
import type { Advisory } from '../advisory/index.ts';
import type { Unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { create } from './create.ts';
import { keeper } from './fleet/kept.ts';
import { newRollout } from './fleet/rollout.ts';
import { runFleet } from './fleet/run.ts';
import { hasFailed, keptText, leftOnNodes, whatIsLeft } from './left.ts';
import { nameOf } from './objects.ts';
import { beginObservation, type Plan, type SmokeRun } from './observation.ts';
import { newObserved, type Observed } from './observe.ts';
import { removeOwnLeftovers } from './own-leftovers.ts';
import { prepare } from './prepare.ts';
import { remove } from './remove.ts';
import type { OnNode, OnStep, SmokeEnd, SmokeResult, SmokeVerdict } from './result.ts';
import type { SmokeOptions } from './target.ts';

/**
 * Creates the pod, judges it, and removes it. Never throws for what the cluster does.
 * @param signal ends the run; what was created is still removed
 * @param onNode with all nodes: gets each result as it comes
 */
export async function runSmoke(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  onStep: OnStep = () => {},
  onNode: OnNode = () => {},
): Promise<SmokeEnd> {
  const prepared = await prepare(host, options, advisory, signal, onStep);
  if (!signal.aborted && prepared.known)
    return { result: await pursue(prepared.value, onNode), reason: null };
  const { code, text }: Unknown['reason'] =
    signal.aborted || prepared.known ? { code: 'interrupted', text: 'interrupted' } : prepared.reason;
  const result: SmokeResult = { state: 'undetermined', because: text, nodes: [], removed: true, left: [] };
  return { result, reason: code };
}

async function pursue(run: SmokeRun, onNode: OnNode): Promise<SmokeResult> {
  const { host, kubectl, target, plan, onStep } = run;
  const { namespace, image } = target;
  const observed = newObserved(nameOf(target));
  const end = new AbortController();
  let found: SmokeVerdict;
  onStep({ code: 'creating', text: `creating the pod in namespace ${namespace}, with image ${image}` });
  try {
    found = plan
      ? await everyNode(run, plan, observed, onNode, end.signal)
      : await oneNode(run, observed, end.signal);
  } finally {
    end.abort();
  }
  if (target.keep && !run.signal.aborted) return { ...found, removed: false, left: [keptText(target)] };
  onStep({ code: 'removing', text: 'removing what was created' });
  const failed = found.nodes.some(hasFailed);
  const removing = remove(host, kubectl, target, { all: plan !== null, failed });
  const sweeps = host.isRoot && failed;
  // With all nodes, most of the pods are gone already.
  const pods = new Set(plan ? observed.failed.keys() : observed.pods.keys());
  const cleared = sweeps ? await removeOwnLeftovers(host, pods, removing) : new Set<string>();
  const gone = await removing;
  const left = whatIsLeft({ ...gone, cleared }, target, observed, plan ? [] : found.nodes);
  return { ...found, removed: gone.removed, left: [...left, ...leftOnNodes(observed, cleared)] };
}

async function oneNode(run: SmokeRun, observed: Observed, end: AbortSignal): Promise<SmokeVerdict> {
  const observation = beginObservation(run, observed, end);
  const created = await create(run);
  if ('refused' in created) return { state: 'undetermined', because: created.refused, nodes: [] };
  return await observation.verdict();
}

async function everyNode(
  run: SmokeRun,
  plan: Plan,
  observed: Observed,
  onNode: OnNode,
  end: AbortSignal,
): Promise<SmokeVerdict> {
  const results = await keeper(run, (text) => run.onStep({ code: 'not-kept', text }));
  const rollout = newRollout(plan.nodes, (member, result) => {
    results.add(member);
    onNode(result);
  });
  try {
    return await runFleet(run, plan, observed, rollout, end);
  } finally {
    const all = [...rollout.members.values()];
    await results.end(all.every(({ result }) => result !== null && result.state !== 'undetermined'));
  }
}
