import { afterEach } from 'vitest';
import { pairOf } from './layout.ts';
import { SystemdNode } from './node.ts';

/**
 * The two nodes of this test file: each worker has a pair of its own. SUBPATHFIX_NODES is the index of the first
 * worker's, so that two runs can go side by side; default: 0.
 */
export function nodesOfWorker(): ReturnType<typeof pairOf> {
  const { SUBPATHFIX_NODES = '0', VITEST_POOL_ID = '1' } = process.env;
  return pairOf(Number(SUBPATHFIX_NODES) + 2 * (Number(VITEST_POOL_ID) - 1));
}

/** Starts nodes for the tests of a file or of a describe(), the first or the second of a pair: they end with the test. */
export function nodesOfTest(): (which?: 0 | 1) => Promise<SystemdNode> {
  const nodes: SystemdNode[] = [];
  afterEach(() => {
    for (const node of nodes.splice(0)) node.stop();
  });
  return async (which = 0) => {
    const node = await SystemdNode.start(nodesOfWorker()[which]);
    nodes.push(node);
    return node;
  };
}
