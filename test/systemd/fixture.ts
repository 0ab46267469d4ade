import { afterEach } from 'vitest';
import type { NodeIndex } from './layout.ts';
import { SystemdNode } from './node.ts';

/** Starts nodes for the tests of a file or of a describe(): they end with the test. */
export function nodesOfTest(): (index?: NodeIndex) => Promise<SystemdNode> {
  const nodes: SystemdNode[] = [];
  afterEach(() => {
    for (const node of nodes.splice(0)) node.stop();
  });
  return async (index = 0) => {
    const node = await SystemdNode.start(index);
    nodes.push(node);
    return node;
  };
}
