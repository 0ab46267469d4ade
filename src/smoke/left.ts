/** What stays after the removal, in words for the person who has to do something about it. */
import type { SmokeTarget } from './objects.ts';
import type { Observed } from './observe.ts';
import type { NodeResult } from './result.ts';

export interface Removed {
  removed: boolean;
  letGo: boolean;
  words: string;
}

/** A line for each thing that stays; none where nothing does. */
export function left(
  { removed, letGo, words }: Removed,
  observed: Observed,
  nodes: NodeResult[],
  { namespace, identity }: SmokeTarget,
  own: boolean,
): string[] {
  const what = own
    ? `namespace ${namespace}`
    : `objects with the label app.kubernetes.io/instance=${identity.run} in namespace ${namespace}`;
  const objects = removed
    ? []
    : [
        `${what}: ${words || 'not removed in time'}; pods and what they use end by themselves after ${identity.deadlineSeconds} s, and the next run removes the rest`,
      ];
  return letGo ? objects : [...objects, ...stuck(observed, nodes)];
}

/** Pods that kubelet did not let go of: on a node with failed subPaths, for the mounts that those have left. */
function stuck({ pods }: Observed, nodes: NodeResult[]): string[] {
  const failed = new Set(
    nodes
      .filter(({ containers }) =>
        containers.some(({ state, signature }) => state === 'defect' || signature !== undefined),
      )
      .map(({ node }) => node),
  );
  const all = [...pods.values()].filter(({ node, taken }) => node !== null && taken);
  const held = all.filter(({ node }) => failed.has(node));
  return (held.length > 0 ? held : all).map(({ name, uid, node }) =>
    failed.has(node)
      ? `node ${node}: kubelet cannot let go of pod ${name} (${uid}), for the mounts that its subPaths have left there; on that node, subpathfix sweep lists them, and with --apply removes them`
      : `node ${node}: kubelet has not confirmed that pod ${name} (${uid}) ended`,
  );
}
