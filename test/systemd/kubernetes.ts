import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../cluster/processes.ts';
import { KUBERNETES, type NodeIndex } from './layout.ts';
import { SystemdNode } from './node.ts';
import { pathsOf, runsKubelet, type Variant } from './variants.ts';

interface Saved {
  variant: Variant;
  /** The node of the control plane. */
  server: NodeIndex;
}

/** Kubernetes as it has been set up on a node; its kubelet need not run. */
export class KubernetesNode {
  private constructor(
    readonly node: SystemdNode,
    readonly variant: Variant,
    /** The node with the control plane: this one, or the one that this has joined. */
    readonly server: SystemdNode,
    readonly serverVariant: Variant,
  ) {}

  /** Throws where nothing has been set up. */
  static find(node: SystemdNode): KubernetesNode {
    const { variant, server } = readSaved(node);
    const serverNode = new SystemdNode(server);
    return new KubernetesNode(node, variant, serverNode, readSaved(serverNode).variant);
  }

  /** Remembers what has been set up, for other processes, too. */
  static save(node: SystemdNode, variant: Variant, server: SystemdNode): KubernetesNode {
    const saved: Saved = { variant, server: server.index };
    writeFileSync(fileOf(node), JSON.stringify(saved, null, 2));
    return KubernetesNode.find(node);
  }

  get name(): string {
    return this.node.place.name;
  }

  /** Runs kubectl as the cluster's administrator, and returns what it prints. Throws where it fails, with its errors. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const argv = [`${KUBERNETES}/kubectl`, `--kubeconfig=${pathsOf(this.serverVariant).admin}`, ...args];
    return await this.server.run(argv, input === undefined ? {} : { input });
  }

  /** The process that is or holds kubelet, by its number on the node; undefined where there is none. */
  async kubeletPid(): Promise<number | undefined> {
    const name = this.variant.distribution === 'k3s' ? `k3s-${this.variant.args[0]}` : 'kubelet';
    const { stdout } = await this.node.attempt(['pgrep', '--exact', name]);
    return stdout === '' ? undefined : Number(stdout.split('\n')[0]);
  }

  /** The environment of a process of the node, as it was started with. */
  async environmentOf(pid: number): Promise<Record<string, string>> {
    const pairs = (await this.node.readFile(`/proc/${pid}/environ`)).split('\0').filter(Boolean);
    return Object.fromEntries(
      pairs.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  /** Restarts the unit, and returns when the node can take pods. */
  async restart(): Promise<void> {
    await this.node.run(['systemctl', 'restart', this.variant.unit]);
    await this.untilReady();
  }

  /**
   * Returns when the node can take pods; without a kubelet, when the API server answers. Throws after 90 s, with the
   * reason and the end of the unit's journal.
   */
  async untilReady(): Promise<void> {
    let reason: string | undefined;
    for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(500)) {
      try {
        reason = runsKubelet(this.variant) ? await this.#missing() : undefined;
        // The node's condition may be that of the kubelet before a restart.
        const path = runsKubelet(this.variant) ? `/api/v1/nodes/${this.name}/proxy/healthz` : '/readyz';
        if (reason === undefined && (await this.kubectl(['get', '--raw', path])) === 'ok') return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    const journal = (await this.node.journal(this.variant.unit)).split('\n').slice(-40).join('\n');
    throw new Error(`${this.name} is not ready: ${reason}\n${journal}`);
  }

  async #missing(): Promise<string | undefined> {
    const { spec, status } = JSON.parse(await this.kubectl(['get', 'node', this.name, '--output=json'])) as {
      spec: { taints?: { key: string }[] };
      status: { conditions?: { type: string; status: string; message: string }[] };
    };
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') return ready?.message ?? 'kubelet has not reported yet';
    const [taint] = spec.taints ?? [];
    return taint === undefined ? undefined : `the node has the taint ${taint.key}`;
  }
}

function readSaved(node: SystemdNode): Saved {
  return JSON.parse(readFileSync(fileOf(node), 'utf8')) as Saved;
}

function fileOf(node: SystemdNode): string {
  return join(node.place.dir, 'kubernetes.json');
}
