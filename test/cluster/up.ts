import { mkdirSync } from 'node:fs';
import { execa } from 'execa';
import { build, KUBERNETES_BIN } from './build.ts';
import { createCgroups } from './cgroups.ts';
import { clean } from './clean.ts';
import { Cluster, checkMount } from './cluster.ts';
import { containerdProgram, startComponent, until } from './components.ts';
import { writeConfiguration } from './config.ts';
import { arm, disarm } from './exit.ts';
import { paths, ROOT } from './layout.ts';
import { mountRoot } from './mounts.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { createState, inUse, newState, type Programs, readState, updateState } from './state.ts';
import { addAddress, machineBefore } from './traces.ts';

export interface UpOptions {
  /** A directory with mount and umount, the first in kubelet's PATH: GOOD_MOUNT, AFFECTED_MOUNT, another. */
  mount: string;
  /** Added to kubelet's environment. */
  env?: Readonly<Record<string, string>>;
  /** Other programs than those of build() and of this machine. */
  programs?: Partial<Programs>;
  /** Many nodes, which startKwok() keeps. */
  fleet?: boolean;
  /** Leave the cluster running when this process ends. */
  keep?: boolean;
  /** Told what takes long. */
  report?: (line: string) => void;
}

/**
 * Starts the cluster, and returns when its node is Ready and pods can be created. What a dead predecessor
 * has left is removed first. Unless it is to be kept, the cluster ends with this process: also after an
 * uncaught error, SIGINT or SIGTERM; after SIGKILL, at the next up() or clean().
 * Throws where a program is missing, a build fails, the cluster is in use, or a component does not come up;
 * then nothing is left of it.
 */
export async function up(options: UpOptions): Promise<Cluster> {
  checkPrerequisites();
  const images = await build(options.report);
  checkMount(options.mount);

  const before = readState();
  if (before !== undefined && inUse(before)) {
    throw new Error(
      `a test cluster is up in ${ROOT}, started by process ${before.starter.pid}: end it first`,
    );
  }
  clean();
  mkdirSync(ROOT);
  const kubelet = { mount: options.mount, env: options.env ?? {} };
  const programs = { kubernetes: KUBERNETES_BIN, ...options.programs };
  createState({ ...newState(kubelet, programs, options.fleet ?? false), ...machineBefore() });
  arm();
  try {
    const cluster = new Cluster();
    await bringUp(cluster, images);
    if (options.keep) {
      updateState((state) => {
        state.keep = true;
      });
      disarm();
    }
    return cluster;
  } catch (error) {
    clean();
    disarm();
    throw error;
  }
}

async function bringUp(cluster: Cluster, images: readonly string[]): Promise<void> {
  mountRoot();
  writeConfiguration();
  createCgroups();
  addAddress();
  await startComponent('etcd');
  await Promise.all([startRuntime(images), cluster.startApiServer()]);
  await startComponent('kube-controller-manager');
  await startComponent('kube-scheduler');
  await cluster.startKubelet();
  await until('there is a default service account', 'kube-controller-manager', async () => {
    await cluster.kubectl(['get', 'serviceaccount', 'default']);
    return true;
  });
}

async function startRuntime(images: readonly string[]): Promise<void> {
  const ctr = (...args: string[]) => execa(containerdProgram('ctr'), ['--address', paths.socket, ...args]);
  await startComponent('containerd');
  await until('containerd answers', 'containerd', async () => (await ctr('version')).exitCode === 0);
  for (const image of images) await ctr('--namespace', 'k8s.io', 'images', 'import', image);
}
