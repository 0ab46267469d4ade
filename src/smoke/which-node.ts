/** Which node the pod is for, by what the API server says about nodes. Pure. */
import { compareMachine, type ThisNode } from '../cluster/this-node.ts';
import type { NodeView } from '../cluster/views.ts';
import { type Fact, known, type Unknown, unknown } from '../facts/fact.ts';
import { clip } from '../text/clip.ts';

/** What is worth waiting for, and what to say if it does not come. */
export interface NotYet {
  waitFor: string;
  because: string;
}

const otherwise = 'give --node NAME or --all-nodes';

/** @returns why the pod cannot be for the node of this machine, with what to give instead */
export const withoutNode = ({ reason: { code, text } }: Unknown): Unknown =>
  unknown(code, `cannot determine which node this machine is: ${text.replace(/\.$/, '')}; ${otherwise}`);

/**
 * The node of this machine: that of its name, if it is the same machine, else the only one that is.
 * @param nodes those that were asked for; null if they may not be read
 */
export function nodeOfMachine(self: ThisNode, nodes: readonly NodeView[] | null): Fact<string> | NotYet {
  const { name } = self;
  if (nodes === null) {
    return unknown(
      'no-access',
      `cannot check that node ${name} is this machine: this user may not read nodes; ${otherwise}`,
    );
  }
  const named = nodes.find((node) => node.name === name);
  const sameness = named ? compareMachine(self, named) : null;
  if (sameness === 'same') return known(name, 'its name and the ids of this machine');
  if (sameness === 'stale') {
    const because = `node ${name} has not reported since this machine was booted; is this the kubeconfig of its cluster?`;
    return { waitFor: `kubelet to report to the API server`, because };
  }
  const same = self.sure ? [] : nodes.filter((node) => compareMachine(self, node) === 'same');
  const [only, ...more] = same;
  if (only && more.length === 0) return known(only.name, 'the ids of this machine');
  return unknown('not-found', `${whyNot(name, sameness, same.length)}; ${otherwise}`);
}

function whyNot(name: string, sameness: ReturnType<typeof compareMachine> | null, same: number): string {
  if (same > 1) return `${same} nodes of the cluster have the ids of this machine`;
  if (sameness === 'other') {
    return `node ${name} of the cluster is another machine (its machine id or boot id differs): is this the kubeconfig of this machine's cluster?`;
  }
  if (sameness === 'unknown') return `cannot check that node ${name} is this machine: it has reported no ids`;
  return `the cluster has no node ${name}, which is this machine: is this the kubeconfig of its cluster?`;
}

/** How long a node may take to become Ready after a change. */
const settleMs = 180_000;

/**
 * Whether a node can take the pod.
 * @param startedAt of its kubelet, in seconds since the epoch; null if that is not known
 * @param now ms since the epoch
 * @returns null if it can, or nothing is known
 */
export function readiness(
  name: string | null,
  nodes: readonly NodeView[],
  startedAt: number | null,
  now: number,
): NotYet | Unknown | null {
  const node = nodes.find((each) => each.name === name);
  if (!node || node.notReady === null) return null;
  const because = `node ${node.name} is not Ready: ${clip(node.notReady)}`;
  const changed = Math.max(node.readySince ?? now, (startedAt ?? 0) * 1000);
  return now - changed < settleMs
    ? { waitFor: `node ${node.name} to be Ready`, because }
    : unknown('inconclusive', because);
}
