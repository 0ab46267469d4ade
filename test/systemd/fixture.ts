import { createServer } from 'node:net';
import { afterEach } from 'vitest';
import { INDEXES, type NodeIndex, pairOf } from './layout.ts';
import { SystemdNode } from './node.ts';

/** Kept where a worker that runs several files finds it again. */
const claimed = globalThis as { subpathfixNodes?: Promise<[NodeIndex, NodeIndex]> };

/**
 * The two nodes of this process: the first pair that no other has, from SUBPATHFIX_NODES (default: 0) on, so that
 * files and whole runs can go side by side.
 */
export function nodesOfWorker(): Promise<[NodeIndex, NodeIndex]> {
  claimed.subpathfixNodes ??= claimPair();
  return claimed.subpathfixNodes;
}

async function claimPair(): Promise<[NodeIndex, NodeIndex]> {
  const from = Number(process.env['SUBPATHFIX_NODES'] ?? '0');
  for (const index of INDEXES) {
    if (index >= from && index % 2 === 0 && (await claim(`nodes-${index}`))) return pairOf(index);
  }
  throw new Error(`every node from node${from} on is in use by another process`);
}

/** The kernel frees the name of an abstract socket when its process ends, however that ends: unix(7). */
const claim = (name: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ path: `\0subpathfix-${name}` }, () => resolve(true));
    server.unref();
  });

/** Starts nodes for the tests of a file or of a describe(), the first or the second of a pair: they end with the test. */
export function nodesOfTest(): (which?: 0 | 1) => Promise<SystemdNode> {
  const nodes: SystemdNode[] = [];
  afterEach(() => {
    for (const node of nodes.splice(0)) node.stop();
  });
  return async (which = 0) => {
    const node = await SystemdNode.start((await nodesOfWorker())[which]);
    nodes.push(node);
    return node;
  };
}
