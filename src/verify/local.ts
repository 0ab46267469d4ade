/** What verify says about the machine that it runs on: whether that is the node, and whether its kubelet is up yet. */
import { type ThisNode, thisNode } from '../cluster/this-node.ts';
import type { Fact, Unknown } from '../facts/fact.ts';
import type { Facts } from '../facts/facts.ts';
import { readKubelet } from '../facts/node/kubelet.ts';
import { defaultTimeoutMs } from '../smoke/target.ts';
import type { PhaseResult } from './phase.ts';
import { type Shared, undetermined } from './shared.ts';

const lookMs = 200;

/**
 * Waits for a kubelet that is being started, for as long as the pod may take; not for one that nobody starts.
 * After an activation any missing kubelet is waited for.
 */
export async function untilKubelet(shared: Shared, say: (line: string) => void): Promise<void> {
  const { host, signal, smoke } = shared;
  if (shared.examination) return;
  const until = host.monotonic() + (smoke.timeoutMs ?? defaultTimeoutMs);
  for (let said = false; ; said = true) {
    const kubelet = await readKubelet(host);
    const comes = !kubelet.known && startable(kubelet.reason.code, shared);
    if (!comes || signal.aborted || host.monotonic() >= until) return;
    if (!said) say(`waiting for kubelet to start: ${kubelet.reason.text}`);
    await host.pause(lookMs, signal);
  }
}

const startable = (code: string, { activated = false }: Shared): boolean =>
  code === 'kubelet-starting' || (code === 'no-kubelet' && activated);

/**
 * Whether the phases about this machine say nothing about what was asked for: another node, or all where this is
 * none of them.
 * @returns the result of such a phase; null if it is to be run
 */
export async function notThisNode({ host, smoke, activated }: Shared): Promise<PhaseResult | null> {
  const { node, allNodes } = smoke;
  if (activated || (node === undefined && !allNodes)) return null;
  const here = await thisNode(host);
  if (node === undefined) {
    return runsNone(here)
      ? skipped('this machine runs no kubelet: the nodes are proven by their pods')
      : null;
  }
  if (here.known) return here.value.name === node ? null : skipped(`node ${node} is not this machine`);
  return runsNone(here) ? skipped(`node ${node} is not this machine, which runs no kubelet`) : null;
}

const runsNone = (here: Fact<ThisNode>): boolean =>
  !here.known && (here.reason.code === 'no-kubelet' || here.reason.code === 'role-without-kubelet');

/** What the phases about kubelet say without one: nothing about a node that is to have none. */
export const withoutKubelet = (kubelet: Unknown, { noKubelet }: Pick<Facts, 'noKubelet'>): PhaseResult =>
  noKubelet.known ? skipped(noKubelet.value) : undetermined(kubelet);

const skipped = (because: string): PhaseResult => ({ state: 'skipped', because });
