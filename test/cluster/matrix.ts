import { existsSync } from 'node:fs';
import { advisory } from '../../src/advisory/index.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import { AFFECTED_MOUNT, GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { until } from './components.ts';
import { goPrograms } from './go-programs.ts';
import { hostWith } from './host.ts';
import { ROOT } from './layout.ts';
import { SYSTEM_PATH } from './prerequisites.ts';
import {
  CONTAINERD,
  type ContainerdRelease,
  KUBECTL,
  KUBERNETES,
  type KubernetesRelease,
} from './releases.ts';
import { specimen } from './specimen.ts';
import { up } from './up.ts';

const MOUNTS = { good: GOOD_MOUNT, affected: AFFECTED_MOUNT } as const;
type Kubectl = '1.34' | KubernetesRelease;

/** A cluster to be, and the releases of kubectl to ask it with. */
export interface Combination {
  kubernetes: KubernetesRelease;
  containerd: 'system' | ContainerdRelease;
  kubectl: readonly Kubectl[];
}

/** The truth about a node, and what this program says about it. */
export interface Row {
  kubernetes: string;
  containerd: string;
  /** v2 where the machine has the unified hierarchy alone. */
  cgroup: 'v1' | 'v2';
  kubectl: string;
  mount: keyof typeof MOUNTS;
  /** By the pods of the specimen. */
  truth: 'works' | 'broken' | 'no node';
  answer: string;
  because: string;
}

/** What this program has to say. Of a node that does not come up it can say nothing. */
export const ANSWERS = { works: 'fixed', broken: 'affected', 'no node': '-' } as const;

const kubectls: readonly Kubectl[] = ['1.32', '1.34', '1.36'];
/** Every one of them: takes minutes, besides what it takes to compile. */
export const ALL: readonly Combination[] = (['1.32', '1.36'] as const).flatMap((kubernetes) =>
  (['system', '1.7', '2'] as const).map((containerd) => ({ kubernetes, containerd, kubectl: kubectls })),
);

/**
 * Compiles what is needed, starts each combination in turn, and ends it again.
 * A cluster that does not come up is a row, too, with the reason; then nothing is left of it. Throws where a build fails.
 */
export async function* matrix(
  combinations: readonly Combination[],
  report: (line: string) => void,
): AsyncGenerator<Row> {
  const cgroup = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : 'v1';
  for (const { kubernetes, containerd, kubectl } of combinations) {
    const bin = {
      kubernetes: await goPrograms(KUBERNETES[kubernetes], report),
      ...(containerd === 'system' ? {} : { containerd: await goPrograms(CONTAINERD[containerd], report) }),
    };
    const clients = await Promise.all(
      kubectl.map(async (release) => ({
        release,
        dir:
          release === '1.34'
            ? await goPrograms(KUBECTL, report)
            : await goPrograms(KUBERNETES[release], report),
      })),
    );
    let cluster: Cluster | undefined;
    try {
      cluster = await up({ mount: GOOD_MOUNT, programs: bin, report });
    } catch (error) {
      const because = String(error instanceof Error ? error.message : error);
      yield {
        kubernetes,
        containerd,
        cgroup,
        kubectl: '-',
        mount: 'good',
        truth: 'no node',
        answer: '-',
        because,
      };
      continue;
    }
    try {
      const place = { ...(await runsOn(cluster)), cgroup } as const;
      for (const mount of ['good', 'affected'] as const) {
        if (mount !== 'good') await cluster.restartKubelet({ mount: MOUNTS[mount] });
        const truth = await truthOf(cluster, mount);
        for (const { release, dir } of clients) {
          const { state: answer, because } = await ask(cluster, dir);
          yield { ...place, kubectl: release, mount, truth, answer, because };
        }
      }
    } finally {
      await cluster.down();
    }
  }
}

/** What the node itself says that it runs, with its patch release. */
async function runsOn(cluster: Cluster): Promise<Pick<Row, 'kubernetes' | 'containerd'>> {
  const path = '{.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}';
  const text = await cluster.kubectl(['get', 'node', cluster.node, `--output=jsonpath=${path}`]);
  const [kubernetes = '', containerd = ''] = text.replace('containerd://', '').split(' ');
  return { kubernetes, containerd };
}

async function ask(cluster: Cluster, kubectl: string) {
  const env = { PATH: `${kubectl}:${SYSTEM_PATH}`, HOME: ROOT, KUBECONFIG: cluster.adminKubeconfig };
  const { signal } = new AbortController();
  return (await runSmoke(hostWith(env), {}, advisory, signal)).result;
}

/** Whether a subPath of a file and of a directory can be mounted, when a volume that is mounted whole can. */
async function truthOf(cluster: Cluster, name: string): Promise<'works' | 'broken'> {
  await cluster.kubectl(['create', '-f', '-'], specimen(name));
  let truth: 'works' | 'broken' | undefined;
  await until(`the pod of ${name} shows whether subPaths work`, 'kubelet', async () => {
    const pods = JSON.parse(await cluster.kubectl(['-n', name, 'get', 'pods', '-o', 'json'])) as {
      items: { status: { containerStatuses?: Status[] } }[];
    };
    const states = new Map(pods.items[0]?.status.containerStatuses?.map((each) => [each.name, each.state]));
    const running = (container: string) => states.get(container)?.running !== undefined;
    const failed = (container: string) =>
      /^CreateContainer/.test(states.get(container)?.waiting?.reason ?? '');
    if (!running('control')) return false;
    if (running('file') && running('directory')) truth = 'works';
    if (failed('file') && failed('directory')) truth = 'broken';
    return truth !== undefined;
  });
  if (truth === undefined) throw new Error('there is no truth');
  await cluster.kubectl(['delete', 'namespace', name, '--wait=false']);
  return truth;
}

interface Status {
  name: string;
  state: { running?: object; waiting?: { reason?: string } };
}
