/** Proves the fix on the cluster. */
import { type ThisNode, thisNode } from '../../cluster/this-node.ts';
import type { Fact, ReasonCode } from '../../facts/fact.ts';
import type { SmokeResult } from '../../smoke/result.ts';
import { runSmoke } from '../../smoke/run.ts';
import type { Advice } from '../../verdict/advice.ts';
import { untilKubelet } from '../local.ts';
import type { Phase } from '../phase.ts';
import type { Shared } from '../shared.ts';

const states = { fixed: 'passed', affected: 'affected', undetermined: 'undetermined' } as const;

export const smoke = (shared: Shared): Phase => ({
  name: 'smoke',
  title: 'run a pod with subPaths',
  run: async (say) => {
    const { host, advisory, signal } = shared;
    if (shared.waitsForRestart) {
      const because = "kubelet still runs without its unit's settings: a pod would show no more";
      return { state: 'skipped', because };
    }
    await untilKubelet(shared, say);
    const { result, reason } = await runSmoke(
      host,
      shared.smoke,
      advisory,
      signal,
      ({ text }) => say(text),
      shared.onNode,
    );
    shared.smokeResult = result;
    // Of many nodes, each has a line of its own in the report.
    const details = [...(shared.smoke.allNodes ? [] : containers(result)), ...result.left];
    const next = await elsewhere(reason, shared.smoke.allNodes === true, () => thisNode(host));
    return { state: states[result.state], because: result.because, details, ...(next ? { next } : {}) };
  },
});

/**
 * Without kubectl or an administrator's kubeconfig, as on a worker, the pod is for another machine to run; without a
 * kubelet, as on a controller, for other nodes.
 */
async function elsewhere(
  reason: ReasonCode | null,
  allNodes: boolean,
  node: () => Promise<Fact<ThisNode>>,
): Promise<Advice | null> {
  const code = 'verify-elsewhere';
  if (reason === 'role-without-kubelet') {
    return {
      code,
      text: 'run a pod on each node that has a kubelet',
      command: 'subpathfix verify --all-nodes',
    };
  }
  if (reason !== 'no-kubeconfig' && reason !== 'no-kubectl') return null;
  const which = allNodes ? '--all-nodes' : `--node ${await nameOf(node)}`;
  return {
    code,
    text: 'run the pod from where kubectl works, such as a controller',
    command: `subpathfix verify ${which}`,
  };
}

/** A line for each container that does not run. */
const containers = ({ nodes }: SmokeResult): string[] =>
  nodes.flatMap(({ node, containers: all }) =>
    all
      .filter(({ state }) => state !== 'running')
      .map(
        ({ name, state, message }) =>
          `${node ?? 'no node'}: ${name}: ${state}${message ? `: ${message}` : ''}`,
      ),
  );

async function nameOf(node: () => Promise<Fact<ThisNode>>): Promise<string> {
  const here = await node();
  return here.known ? here.value.name : 'NAME';
}
