import { join } from 'node:path';

/** All that a node has on this machine is below this directory, but for its control groups. */
export const ROOT = '/var/lib/subpathfix-node';

/** There can be two nodes at once. */
export const INDEXES = [0, 1] as const;
export type NodeIndex = (typeof INDEXES)[number];

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
