/** What remains after the removal, and what to do about it. */
import { clip } from '../text/clip.ts';
import { runLabel, type SmokeTarget } from './objects.ts';
import type { Observed } from './observe.ts';
import type { Removed } from './remove.ts';
import type { NodeResult } from './result.ts';

/** Whether a subPath failed there in a way that leaves mounts behind. */
export const hasFailed = ({ containers }: Pick<NodeResult, 'containers'>): boolean =>
  containers.some(({ state, signature }) => state === 'defect' || signature !== undefined);

/** What --keep leaves, and for how long. */
export function keptText({ own, namespace, run, deadlineSeconds }: SmokeTarget): string {
  const [what, removal] = own
    ? [`namespace ${namespace}`, `kubectl delete namespace ${namespace}`]
    : [
        `objects with the label ${runLabel}=${run} in namespace ${namespace}`,
        `kubectl delete jobs -n ${namespace} -l ${runLabel}=${run}`,
      ];
  const end = Math.round(deadlineSeconds / 60);
  return `kept: ${what}; pods and what they use are removed automatically after ${end} minutes, or with: ${removal}`;
}

/**
 * A line for each thing that remains.
 * @param removal cleared: the UIDs of pods of which everything was removed that kept kubelet from going on
 */
export function whatIsLeft(
  { removed, released, cleared, words }: Removed & { cleared: ReadonlySet<string> },
  { own, namespace, run, deadlineSeconds }: SmokeTarget,
  observed: Observed,
  nodes: NodeResult[],
): string[] {
  const what = own
    ? `namespace ${namespace}`
    : `objects with the label ${runLabel}=${run} in namespace ${namespace}`;
  const ends = `pods and what they use are removed automatically after ${deadlineSeconds} s, and the next run removes the rest`;
  const objects = removed ? [] : [`${what}: ${words || 'not removed in time'}; ${ends}`];
  return released ? objects : [...objects, ...stuck(observed, nodes, cleared)];
}

/** Pods that kubelet did not release: on a node with failed subPaths, because of the mounts left behind. */
function stuck({ pods }: Observed, nodes: NodeResult[], cleared: ReadonlySet<string>): string[] {
  const failed = new Set(nodes.filter(hasFailed).map(({ node }) => node));
  const all = [...pods.values()].filter(
    ({ uid, node, taken }) => node !== null && taken && !cleared.has(uid),
  );
  const held = all.filter(({ node }) => failed.has(node));
  return (held.length > 0 ? held : all).map(({ name, uid, node }) =>
    failed.has(node)
      ? `node ${node}: kubelet cannot remove pod ${name} (${uid}) because of the mounts that its subPaths left behind; on that node, run: sudo subpathfix sweep --apply`
      : `node ${node}: kubelet has not confirmed that pod ${name} (${uid}) ended`,
  );
}

const mostNames = 5;

/**
 * Of all nodes, those on which a subPath failed: their pods are gone from the API, and not what they left.
 * @param cleared the UIDs of pods of which everything was removed
 */
export function leftOnNodes({ failed }: Pick<Observed, 'failed'>, cleared: ReadonlySet<string>): string[] {
  const names = [...failed].flatMap(([uid, node]) => (cleared.has(uid) ? [] : [clip(node)]));
  if (names.length === 0) return [];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  const where = `${names.length === 1 ? 'node' : 'nodes'} ${names.slice(0, mostNames).join(', ')}${more}`;
  return [`${where}: mounts of the subPaths that failed; on each, run: sudo subpathfix sweep --apply`];
}
