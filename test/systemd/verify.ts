import { nodesOfWorker } from './fixture.ts';
import { SystemdNode } from './node.ts';
import { installProgram } from './program.ts';

export interface Verified {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs `subpathfix verify` on a node, as root. */
export async function verify(node: SystemdNode, args: string[] = []): Promise<Verified> {
  const started = performance.now();
  const result = await node.attempt(['subpathfix', 'verify', ...args]);
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

/** Starts a node of this test file's pair, with the program on it. */
export async function startWithProgram(which: 0 | 1): Promise<SystemdNode> {
  const node = await SystemdNode.start((await nodesOfWorker())[which], { report: console.log });
  await installProgram(node);
  return node;
}

/** A phase with its state, as a person reads it. */
export const phaseIs = (title: string, state: string): RegExp => new RegExp(`^ +${state} +${title}`, 'm');

/** The UIDs of the pods that have a mount of the defect. */
export const leftovers = async (node: SystemdNode): Promise<string[]> => {
  const table = await node.readFile('/proc/self/mountinfo');
  const pods = table.matchAll(/ \/\d+\/fd\/\S+ \S+\/pods\/([^/ ]+)\/volume-subpaths\/\S+ .*- proc /g);
  return [...new Set([...pods].map(([, uid = '']) => uid))];
};
