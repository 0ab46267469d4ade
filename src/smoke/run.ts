/** The smoke run: a pod that needs subPaths, its verdict, and its removal whatever happens. */
import { randomBytes } from 'node:crypto';
import type { Advisory } from '../advisory/index.ts';
import { findKubectl, type Kubectl } from '../cluster/kubectl.ts';
import type { NodeView } from '../cluster/views.ts';
import type { Host } from '../host/host.ts';
import { create } from './create.ts';
import type { Expectation } from './judge-pods.ts';
import { left } from './left.ts';
import { look } from './look.ts';
import { nameOf, type RunIdentity, type SmokeTarget } from './objects.ts';
import { newObserved } from './observe.ts';
import { ownerOf } from './owner.ts';
import { defaultTimeoutMs, graceSeconds, type SmokeOptions, targetOf } from './plan.ts';
import { remove } from './remove.ts';
import type { SmokeResult } from './result.ts';
import { type Survey, survey } from './survey.ts';

export { type SmokeOptions, smokePlan } from './plan.ts';
export type { SmokeResult } from './result.ts';

const surveyMs = 10_000;

/** Whether text can be the name of a namespace or a node (RFC 1123, dots only in a node's). */
export const isObjectName = (text: string): boolean =>
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

/**
 * Creates the pod, judges it, and removes it. Never throws for what the cluster does.
 * @param signal ends the run; what was created is removed nonetheless
 * @param onProgress gets what is being done, a line each
 */
export async function runSmoke(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  onProgress: (line: string) => void = () => {},
): Promise<SmokeResult> {
  const undone = (because: string): SmokeResult => ({
    state: 'undetermined',
    because,
    nodes: [],
    removed: true,
    left: [],
  });
  const { timeoutMs = defaultTimeoutMs } = options;
  const deadline = Date.now() + timeoutMs;
  for (const name of [options.namespace, options.node]) {
    if (name !== undefined && !isObjectName(name))
      return undone(`${JSON.stringify(name)} is no name of an object`);
  }
  const kubectl = await findKubectl(host, options);
  if (!kubectl.known) return undone(kubectl.reason);
  const identity = await newIdentity(host, timeoutMs);
  onProgress(`asking what may be done, with ${kubectl.evidence}`);
  const limits = { timeoutMs: Math.min(surveyMs, timeoutMs), signal };
  const found = await survey(host, kubectl.value, options, nameOf(identity), limits);
  if (signal.aborted) return undone('interrupted');
  if (typeof found === 'string') return undone(found);
  const expected = expectation(options, found.nodes);
  if (typeof expected === 'string') return undone(expected);
  await removeLeftovers(host, kubectl.value, options, found, onProgress);
  if (signal.aborted) return undone('interrupted');

  const target = targetOf(options, identity, found.nodes ?? []);
  return pursue(
    host,
    { kubectl: kubectl.value, target, expected, deadline, options },
    advisory,
    signal,
    onProgress,
  );
}

interface Pursuit {
  kubectl: Kubectl;
  target: SmokeTarget;
  expected: Expectation;
  deadline: number;
  options: SmokeOptions;
}

async function pursue(
  host: Host,
  { kubectl, target, expected, deadline, options }: Pursuit,
  advisory: Advisory,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<SmokeResult> {
  const own = options.namespace === undefined;
  const observed = newObserved(nameOf(target.identity));
  const watching = new AbortController();
  let found: Pick<SmokeResult, 'state' | 'because' | 'nodes' | 'scheduledMs' | 'decidedMs'> = {
    state: 'undetermined',
    because: 'interrupted',
    nodes: [],
  };
  try {
    const looking = look(host, kubectl, { target, observed, expected, deadline }, advisory, {
      interrupted: signal,
      end: watching,
    });
    onProgress(`creating the pod in namespace ${target.namespace}, with image ${target.image}`);
    const refused = await create(host, kubectl, target, own, signal);
    if (refused === null) {
      found = await looking.verdict(onProgress);
    } else {
      found = { ...found, because: refused };
    }
  } finally {
    watching.abort();
  }
  onProgress('removing what was created');
  const removal = { namespace: target.namespace, own, run: target.identity.run };
  const gone = await remove(host, kubectl, removal, target.where === 'all');
  return { ...found, removed: gone.removed, left: left(gone, observed, found.nodes, target, own) };
}

async function newIdentity(host: Host, timeoutMs: number): Promise<RunIdentity> {
  const deadlineSeconds = Math.ceil(timeoutMs / 1000) + graceSeconds;
  return {
    run: randomBytes(5).toString('hex'),
    owner: await ownerOf(host, process.pid),
    deadlineSeconds,
    // Clocks differ; nobody else's run is to be removed early.
    expires: new Date(Date.now() + (deadlineSeconds + 60) * 1000).toISOString(),
  };
}

/** @returns why a result cannot be had */
function expectation(options: SmokeOptions, nodes: NodeView[] | null): Expectation | string {
  const { node, allNodes, content = false } = options;
  const linux = (nodes ?? []).filter((one) => one.linux);
  const notReady = new Map(
    linux.flatMap((one): [string, string][] => (one.notReady === null ? [] : [[one.name, one.notReady]])),
  );
  if (node !== undefined && notReady.has(node)) return `node ${node} is not Ready: ${notReady.get(node)}`;
  if (allNodes && nodes === null) return 'the nodes could not be listed';
  if (allNodes && linux.length === 0) return 'the cluster has no node that runs Linux';
  const names = node === undefined ? (allNodes ? linux.map(({ name }) => name) : null) : [node];
  return { nodes: names, content, notReady };
}

async function removeLeftovers(
  host: Host,
  kubectl: Kubectl,
  { namespace }: SmokeOptions,
  { leftovers }: Survey,
  onProgress: (line: string) => void,
): Promise<void> {
  for (const run of leftovers) {
    const name = `subpathfix-${run}`;
    onProgress(`removing what run ${run} has left`);
    const own = namespace === undefined;
    await remove(host, kubectl, { namespace: namespace ?? name, own, run }, true);
  }
}
