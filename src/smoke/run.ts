/** The smoke run: a pod that needs subPaths, its verdict, and its removal whatever happens. */
import { randomBytes } from 'node:crypto';
import type { Advisory } from '../advisory/index.ts';
import { findKubectl } from '../cluster/kubectl.ts';
import type { NodeView } from '../cluster/views.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { create } from './create.ts';
import type { Expectation } from './judge-pods.ts';
import { whatIsLeft } from './left.ts';
import { nameOf, type SmokeTarget } from './objects.ts';
import { beginObservation, type SmokeRun } from './observation.ts';
import { newObserved } from './observe.ts';
import { ownerOf } from './owner.ts';
import { remove } from './remove.ts';
import type { OnStep, SmokeResult, SmokeVerdict } from './result.ts';
import { chooseImage, survey } from './survey.ts';
import { defaultTimeoutMs, type SmokeOptions, targetOf } from './target.ts';

const surveyMs = 10_000;

/** Whether text can be the name of a namespace or a node (RFC 1123, dots only in a node's). */
export const isObjectName = (text: string): boolean =>
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

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
): Promise<SmokeResult> {
  const prepared = await prepare(host, options, advisory, signal, onStep);
  if (!signal.aborted && prepared.known) return pursue(prepared.value);
  const because = signal.aborted || prepared.known ? 'interrupted' : prepared.reason.text;
  return { state: 'undetermined', because, nodes: [], removed: true, left: [] };
}

/** Everything before the first object is created. */
async function prepare(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  onStep: OnStep,
): Promise<Fact<SmokeRun>> {
  const { timeoutMs = defaultTimeoutMs, namespace, node } = options;
  const deadline = host.monotonic() + timeoutMs;
  for (const name of [namespace, node]) {
    if (name !== undefined && !isObjectName(name))
      return unknown('not-understood', `${JSON.stringify(name)} is not a valid object name`);
  }
  const found = await findKubectl(host, options);
  if (!found.known) return found;
  const kubectl = found.value;
  const target = targetOf(options, randomBytes(5).toString('hex'), await ownerOf(host), host.now());
  onStep({ code: 'asking', text: `checking access to the cluster with ${found.evidence}` });
  const limits = { timeoutMs: Math.min(surveyMs, timeoutMs), signal };
  const surveyed = await survey(host, kubectl, target, limits);
  if (!surveyed.known) return surveyed;
  const { nodes, oldRuns } = surveyed.value;
  const expected = expectation(target, nodes);
  if (!expected.known) return expected;
  for (const run of signal.aborted ? [] : oldRuns) {
    onStep({ code: 'removing-old', text: `removing what run ${run} left behind` });
    await remove(host, kubectl, { run, own: target.own, namespace: namespace ?? nameOf({ run }) }, true);
  }
  const image = options.image ?? chooseImage((nodes ?? []).filter(({ linux }) => linux));
  const begun = { host, kubectl, advisory, expected: expected.value, deadline, signal, onStep };
  return known({ ...begun, target: { ...target, image } }, found.evidence);
}

async function pursue(run: SmokeRun): Promise<SmokeResult> {
  const { host, kubectl, target, signal, onStep } = run;
  const { namespace, image, where } = target;
  const observed = newObserved(nameOf(target));
  const end = new AbortController();
  let found: SmokeVerdict;
  try {
    const observation = beginObservation(run, observed, end.signal);
    onStep({ code: 'creating', text: `creating the pod in namespace ${namespace}, with image ${image}` });
    const refused = await create(host, kubectl, target, signal);
    found = refused ? { state: 'undetermined', because: refused, nodes: [] } : await observation.verdict();
  } finally {
    end.abort();
  }
  onStep({ code: 'removing', text: 'removing what was created' });
  const gone = await remove(host, kubectl, target, where === 'all');
  return { ...found, removed: gone.removed, left: whatIsLeft(gone, target, observed, found.nodes) };
}

/** @returns unknown if no result is possible */
function expectation({ where, content }: SmokeTarget, nodes: NodeView[] | null): Fact<Expectation> {
  const linux = (nodes ?? []).filter((each) => each.linux);
  const notReady = new Map(
    linux.flatMap(({ name, notReady: why }): [string, string][] => (why === null ? [] : [[name, why]])),
  );
  if (typeof where === 'object') {
    const why = notReady.get(where.node);
    if (why !== undefined) return unknown('inconclusive', `node ${where.node} is not Ready: ${why}`);
    return known({ nodes: [where.node], content, notReady }, 'the named node');
  }
  if (where === 'any') return known({ nodes: null, content, notReady }, 'the scheduler');
  if (nodes === null) return unknown('no-access', 'the nodes could not be listed');
  if (linux.length === 0) return unknown('not-found', 'the cluster has no Linux node');
  return known({ nodes: linux.map(({ name }) => name), content, notReady }, 'the nodes of the cluster');
}
