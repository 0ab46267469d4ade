import { randomBytes } from 'node:crypto';
import { sleep } from '../cluster/processes.ts';
import { type Kind, specimen } from '../cluster/specimen.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { type Flavour, pathsOf } from './variants.ts';

/** What a fresh pod shows of the mount that kubelet uses. */
export interface Truth {
  /** A volume mounted whole: good with either mount. */
  control: Flavour;
  file: Flavour;
  directory: Flavour;
}

export const GOOD: Truth = { control: 'good', file: 'good', directory: 'good' };
export const AFFECTED: Truth = { control: 'good', file: 'affected', directory: 'affected' };

/** Kubelet alternates between the two where the subPath is a file. */
const FAILED = ['CreateContainerError', 'CreateContainerConfigError'];

interface Pod {
  metadata: { uid: string; name: string };
  spec: { nodeName?: string };
  status: { containerStatuses?: { name: Kind; state: { running?: object; waiting?: { reason: string } } }[] };
}

/**
 * Whether a fresh pod with subPaths of both kinds runs on the node, by the state of its containers alone. The pod is
 * being removed then, and the mounts that the defect has left of it are gone. The errors stay in the journal: run what reads the
 * journal first.
 * Throws where a container neither runs nor fails within 60 s.
 */
export async function truth(kubernetes: KubernetesNode): Promise<Truth> {
  const namespace = `truth-${randomBytes(4).toString('hex')}`;
  await kubernetes.kubectl(['create', '-f', '-'], specimen(namespace));
  let shown: Partial<Truth> = {};
  try {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(500)) {
      shown = shownBy(await podOn(kubernetes, namespace));
      const { control, file, directory } = shown;
      if (control && file && directory) return { control, file, directory };
    }
    const events = await kubernetes.kubectl(['--namespace', namespace, 'get', 'events', '--no-headers']);
    throw new Error(`the pod on ${kubernetes.name} has not shown all: ${JSON.stringify(shown)}\n${events}`);
  } finally {
    await removePod(kubernetes, namespace, shown);
  }
}

/** Of the containers that run or cannot be created: the others are still on their way. */
function shownBy(pod: Pod | undefined): Partial<Truth> {
  const flavours = (pod?.status.containerStatuses ?? []).flatMap(({ name, state }): [Kind, Flavour][] => {
    if (state.running !== undefined) return [[name, 'good']];
    return FAILED.includes(state.waiting?.reason ?? '') ? [[name, 'affected']] : [];
  });
  return Object.fromEntries(flavours);
}

async function podOn(kubernetes: KubernetesNode, namespace: string): Promise<Pod | undefined> {
  const list = await kubernetes.kubectl(['--namespace', namespace, 'get', 'pods', '--output=json']);
  return (JSON.parse(list) as { items: Pod[] }).items.find(({ spec }) => spec.nodeName === kubernetes.name);
}

async function removePod(
  kubernetes: KubernetesNode,
  namespace: string,
  { file, directory }: Partial<Truth>,
): Promise<void> {
  const pod = await podOn(kubernetes, namespace);
  const remove = ['--namespace', namespace, 'delete', '--ignore-not-found'];
  await kubernetes.kubectl([...remove, 'daemonset', 'specimen', '--cascade=orphan']);
  await kubernetes.kubectl([...remove, 'pods', '--all', '--force', '--grace-period=0']);
  // Of one whose subPaths are mounted as they should be kubelet removes all by itself.
  const runs = file === 'good' && directory === 'good';
  if (pod !== undefined && !runs) await unmountLinks(kubernetes, pod.metadata.uid);
  // Its controller takes 5 s, with nothing left in it.
  await kubernetes.kubectl(['delete', 'namespace', namespace, '--wait=false']);
}

/** umount(8) refuses a mount whose link has become stale; bound elsewhere with its directory, it can be detached. */
async function unmountLinks(kubernetes: KubernetesNode, uid: string): Promise<void> {
  const { kubeletRoot } = pathsOf(kubernetes.variant);
  const script = `
pod=${kubeletRoot}/pods/${uid}
for round in $(seq 100); do
  [ -e $pod ] || exit 0
  for dir in $pod/volume-subpaths/*/*; do
    grep -q " $dir/" /proc/self/mountinfo || continue
    empty=$(mktemp -d)
    mount --rbind $dir $empty && umount -l $empty
    rmdir $empty
  done
  sleep 0.2
done
echo "$pod stays" >&2
exit 1`;
  await kubernetes.node.run(['sh', '-c', script]);
}
