import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { KUBERNETES_BIN } from './build.ts';
import { clean } from './clean.ts';
import { startComponent, stopComponent, toolEnvironment, until } from './components.ts';
import { files, kubeconfigOf } from './config.ts';
import { disarm } from './exit.ts';
import { goPrograms } from './go-programs.ts';
import { NODE, paths, type TestUser } from './layout.ts';
import { isAlive } from './processes.ts';
import { KWOK } from './releases.ts';
import { readState, updateState } from './state.ts';

/** The test cluster of this machine: there is one at a time, and it may have been started by another process. */
export class Cluster {
  readonly node = NODE;
  readonly kubeletRoot = paths.kubelet;
  readonly containerdSocket = paths.socket;
  readonly logs = paths.logs;
  /** Has kubectl and the others. */
  readonly bin = readState()?.programs.kubernetes ?? KUBERNETES_BIN;
  /** Of a user in system:masters. */
  readonly adminKubeconfig = files.admin;

  /** Throws where kubelet does not run. */
  get kubeletPid(): number {
    const process = readState()?.processes.kubelet;
    if (!isAlive(process)) throw new Error('kubelet does not run');
    return process.pid;
  }

  /** The kubeconfig of a user who may do nothing but what a test has bound a role to it for. */
  kubeconfigFor(user: TestUser): string {
    return kubeconfigOf(user);
  }

  /** Runs kubectl as admin, and returns what it prints. Throws where it fails, with its error output. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await execa(join(this.bin, 'kubectl'), ['--kubeconfig', files.admin, ...args], {
      env: toolEnvironment,
      extendEnv: false,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
    return stdout;
  }

  /**
   * Ends kubelet and starts it with another mount or environment (where not given: the same), and returns
   * when the node is Ready by its report. Throws, with the end of kubelet's log, where that does not happen.
   */
  async restartKubelet(
    options: { mount?: string; env?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    if (options.mount !== undefined) checkMount(options.mount);
    await this.stopKubelet();
    updateState(({ kubelet }) => Object.assign(kubelet, options));
    await this.startKubelet();
  }

  /** Containers go on; the node becomes NotReady after 40 s. */
  stopKubelet(): Promise<void> {
    return stopComponent('kubelet');
  }

  /**
   * Returns when the node is Ready, which needs the API server. Throws, with the end of kubelet's log, where
   * that does not happen.
   */
  async startKubelet(): Promise<void> {
    const since = Date.now();
    await startComponent('kubelet');
    await until(`node ${NODE} is Ready`, 'kubelet', () => this.#isReady(since));
  }

  stopApiServer(): Promise<void> {
    return stopComponent('kube-apiserver');
  }

  /** Returns when it is ready. Throws, with the end of its log, where that does not happen. */
  async startApiServer(): Promise<void> {
    await startComponent('kube-apiserver');
    await until('the API server is ready', 'kube-apiserver', async () => {
      return (await this.kubectl(['get', '--raw', '/readyz'])) === 'ok';
    });
  }

  stopScheduler(): Promise<void> {
    return stopComponent('kube-scheduler');
  }

  async startScheduler(): Promise<void> {
    await startComponent('kube-scheduler');
  }

  /** Starts kwok, which gives the pods of nodes with the label type=kwok a status by these Stages. */
  async startKwok(stages: readonly object[]): Promise<void> {
    await goPrograms(KWOK, console.log);
    writeFileSync(files.stages, stages.map((each) => JSON.stringify(each)).join('\n---\n'));
    await startComponent('kwok');
  }

  /** Ends the cluster and removes all its traces. Throws where something stays. */
  async down(): Promise<void> {
    clean();
    disarm();
  }

  async #isReady(since: number): Promise<boolean> {
    const node = JSON.parse(await this.kubectl(['get', 'node', NODE, '--output=json'])) as {
      spec: { taints?: { key: string }[] };
      status: { conditions?: { type: string; status: string; message: string }[] };
    };
    const ready = node.status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') throw new Error(ready?.message ?? 'kubelet has not reported yet');
    const taint = node.spec.taints?.find(({ key }) =>
      /^node\.kubernetes\.io\/(not-ready|unreachable)$/.test(key),
    );
    if (taint !== undefined) throw new Error(`the node has the taint ${taint.key}`);
    // A kubelet that finds its node Ready reports that again after 5 minutes only, but renews the lease at once.
    const lease = await this.kubectl([
      '--namespace=kube-node-lease',
      'get',
      'lease',
      NODE,
      '--output=jsonpath={.spec.renewTime}',
    ]);
    if (!(Date.parse(lease) >= since)) throw new Error('kubelet has not renewed its lease since its start');
    return true;
  }
}

/** Throws where the directory lacks one of the two programs. */
export function checkMount(dir: string): void {
  for (const name of ['mount', 'umount']) accessSync(join(dir, name), constants.X_OK);
}
