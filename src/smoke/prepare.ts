/** Everything before the first object is created; what has only just been started is waited for. */
import { randomBytes } from 'node:crypto';
import type { Advisory } from '../advisory/index.ts';
import { findKubectl, type Kubectl } from '../cluster/kubectl.ts';
import { type ThisNode, thisNode } from '../cluster/this-node.ts';
import type { NodeView } from '../cluster/views.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { chooseImage, type Image, sandboxImage } from './image.ts';
import { nameOf } from './objects.ts';
import type { SmokeRun } from './observation.ts';
import { ownerOf } from './owner.ts';
import { remove } from './remove.ts';
import type { OnStep } from './result.ts';
import { type Asked, type Survey, survey } from './survey.ts';
import { defaultJobs, defaultTimeoutMs, type SmokeOptions, targetOf } from './target.ts';
import { withoutNode } from './which-node.ts';

const surveyMs = 10_000;
const againMs = 500;

/** Whether text can be the name of a namespace or a node (RFC 1123, dots only in a node's). */
export const isObjectName = (text: string): boolean =>
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

/** @returns unknown if no run is possible */
export async function prepare(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  onStep: OnStep,
): Promise<Fact<SmokeRun>> {
  const { timeoutMs = defaultTimeoutMs, namespace, node, allNodes = false, content = false } = options;
  const deadline = host.monotonic() + timeoutMs;
  for (const name of [namespace, node]) {
    if (name !== undefined && !isObjectName(name))
      return unknown('not-understood', `${JSON.stringify(name)} is not a valid object name`);
  }
  const kubectl = await findKubectl(host, options);
  if (!kubectl.known) return kubectl;
  const self = node === undefined && !allNodes ? await thisNode(host) : known(null, 'the command line');
  if (!self.known) return withoutNode(self);
  const run = randomBytes(5).toString('hex');
  const { selector = '', jobs = defaultJobs, resume = false } = options;
  const asked = { namespace, node, selector, where: namespace ?? nameOf({ run }), self: self.value };
  onStep({ code: 'asking', text: `checking access to the cluster with ${kubectl.evidence}` });
  const surveyed = await untilSurveyed(host, kubectl.value, asked, { deadline, timeoutMs, signal }, onStep);
  if (!surveyed.known) return surveyed;
  const { oldRuns, resourceVersion } = surveyed.value;
  const nodes = surveyed.value.nodes ?? [];
  const single = surveyed.value.node;
  if (single === null && nodes.length === 0) {
    const which = selector === '' ? '' : ` with the labels ${selector}`;
    return unknown('not-found', `the cluster has no node${which}`);
  }
  const notReady = new Map(
    nodes.flatMap(({ name, notReady: why }): [string, string][] => (why === null ? [] : [[name, why]])),
  );
  const expected = { nodes: single === null ? null : [single], content, notReady };
  for (const old of signal.aborted ? [] : oldRuns) {
    onStep({ code: 'removing-old', text: `removing what run ${old} left behind` });
    const own = namespace === undefined;
    await remove(
      host,
      kubectl.value,
      { run: old, own, namespace: namespace ?? nameOf({ run: old }) },
      { all: true },
    );
  }
  const linux = nodes.filter((each) => each.linux);
  const image = await imageFor(host, options.image, linux, self.value);
  const owner = await ownerOf(host);
  const turns = single === null ? 2 * Math.ceil(nodes.length / jobs) : 1;
  const where = single === null ? { nodes: [] } : { node: single };
  const target = { ...targetOf(options, run, owner, host.now(), turns), ...image, where };
  const plan = single === null ? { nodes, resourceVersion, selector, jobs, timeoutMs, resume } : null;
  const begun = {
    host,
    kubectl: kubectl.value,
    advisory,
    expected,
    plan,
    deadline,
    signal,
    onStep,
  };
  return known({ ...begun, target }, kubectl.evidence);
}

/** Asks until there is an answer that waiting would not change, or the time is up. */
async function untilSurveyed(
  host: Host,
  kubectl: Kubectl,
  asked: Asked,
  { deadline, timeoutMs, signal }: { deadline: number; timeoutMs: number; signal: AbortSignal },
  onStep: OnStep,
): Promise<Fact<Survey>> {
  let said = '';
  for (;;) {
    const limits = { timeoutMs: Math.min(surveyMs, timeoutMs), signal };
    const surveyed = await survey(host, kubectl, asked, limits);
    if (!('waitFor' in surveyed)) return surveyed;
    const { waitFor, because } = surveyed;
    if (signal.aborted) return unknown('interrupted', 'interrupted');
    if (host.monotonic() + againMs >= deadline) {
      return unknown('no-answer', `waited ${Math.round(timeoutMs / 1000)} s for ${waitFor}: ${because}`);
    }
    if (said !== waitFor) onStep({ code: 'waiting', text: `waiting for ${waitFor}` });
    said = waitFor;
    await host.pause(againMs, signal);
  }
}

/** The runtime's configuration is this machine's, and says nothing about other nodes. */
async function imageFor(
  host: Host,
  given: string | undefined,
  nodes: readonly NodeView[],
  self: ThisNode | null,
): Promise<Image> {
  if (given !== undefined) return { image: given, pull: 'IfNotPresent' };
  const chosen = chooseImage(nodes, null);
  if (chosen.pull === 'Never' || self === null) return chosen;
  return chooseImage(nodes, await sandboxImage(host));
}
