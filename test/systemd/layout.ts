import { join } from 'node:path';

/** All that a node has on this machine is below this directory, but for its control groups. */
export const ROOT = '/var/lib/subpathfix-node';

/** There can be this many nodes at once: a pair for each test file that runs. */
export const INDEXES = [0, 1, 2, 3, 4, 5, 6, 7] as const;
export type NodeIndex = (typeof INDEXES)[number];

/** The two nodes of a cluster that an index belongs to. */
export function pairOf(index: number): [NodeIndex, NodeIndex] {
  const [first, second] = INDEXES.slice(index - (index % 2));
  if (first === undefined || second === undefined) throw new Error(`there is no node ${index}`);
  return [first, second];
}

/** What is a node's own. Its addresses exist in its network namespace alone. */
export function placeOf(index: NodeIndex) {
  const name = `node${index}`;
  const dir = join(ROOT, name);
  return {
    /** Its host name, and its name in Kubernetes. */
    name,
    /** The control group of all its processes, in each hierarchy. */
    cgroup: `subpathfix-${name}`,
    dir,
    disk: join(dir, 'disk.img'),
    /** Where the disk is mounted, for its processes only. */
    root: join(dir, 'root'),
    log: join(dir, 'boot.log'),
    starter: join(dir, 'starter.json'),
    address: `10.200.${index}.1`,
    pods: `10.244.${index}.0/24`,
  } as const;
}
export type Place = ReturnType<typeof placeOf>;

/** In a node: the programs that the test suite compiles, and what is not part of a real one's distribution. */
export const KUBERNETES = '/opt/kubernetes';
export const PROGRAM = '/opt/subpathfix';
