import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AFFECTED_MOUNT, build, GOOD_MOUNT } from './build.ts';
import { clean, leftovers } from './clean.ts';
import type { Cluster } from './cluster.ts';
import { machine } from './machine.ts';
import { program } from './prerequisites.ts';
import { type Kind, specimen } from './specimen.ts';
import { up } from './up.ts';

interface ContainerStatus {
  name: Kind;
  state: { running?: object; waiting?: { reason: string; message?: string } };
}

const POLL = { timeout: 60_000, interval: 500 };
const CLI = join(import.meta.dirname, 'cli.ts');

// Without this a test in which nothing has been started would find nothing left either.
const before = machine();

describe('a cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await up({ mount: GOOD_MOUNT, report: console.log });
  });
  // Not of a cluster that somebody else has up: then there is none of this file's.
  afterAll(() => (cluster as Cluster | undefined)?.down());

  async function statuses(namespace: string): Promise<Map<Kind, ContainerStatus['state']>> {
    const list = JSON.parse(
      await cluster.kubectl(['--namespace', namespace, 'get', 'pods', '--output=json']),
    ) as {
      items: { status: { containerStatuses?: ContainerStatus[] } }[];
    };
    const all = list.items.flatMap(({ status }) => status.containerStatuses ?? []);
    return new Map(all.map(({ name, state }) => [name, state]));
  }

  async function running(namespace: string): Promise<Kind[]> {
    const all = await statuses(namespace);
    return [...all].filter(([, state]) => state.running !== undefined).map(([name]) => name);
  }

  test('has a node that is Ready', async () => {
    const wide = await cluster.kubectl(['get', 'nodes', '--no-headers']);
    expect(wide).toMatch(/^subpathfix-test +Ready .* v1\.32\.2$/);
    expect(readFileSync(`/proc/${cluster.kubeletPid}/comm`, 'utf8')).toBe('kubelet\n');
  });

  test('enforces pod security', async () => {
    await cluster.kubectl(['create', '-f', '-'], specimen('security'));
    const privileged = ['run', 'no', '--image=none', '--privileged', '--namespace=security'];
    await expect(cluster.kubectl(privileged)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
    await cluster.kubectl(['delete', 'namespace', 'security', '--wait=false']);
  });

  test('gives its test users the rights that are bound to them, and no others', async () => {
    const kubeconfig = cluster.kubeconfigFor('limited');
    const listPods = ['--kubeconfig', kubeconfig, 'get', 'pods'];
    await expect(cluster.kubectl(listPods)).rejects.toThrow(/User "limited" cannot list resource "pods"/);
    await cluster.kubectl(['create', 'rolebinding', 'limited', '--clusterrole=view', '--user=limited']);
    await expect.poll(() => cluster.kubectl(listPods).then(() => 'allowed'), POLL).toBe('allowed');
    const listNodes = ['--kubeconfig', kubeconfig, 'get', 'nodes'];
    await expect(cluster.kubectl(listNodes)).rejects.toThrow(/cannot list resource "nodes"/);
  });

  test('runs a pod with subPaths by the good mount', async () => {
    await cluster.kubectl(['create', '-f', '-'], specimen('good'));
    await expect.poll(() => running('good'), POLL).toEqual(['control', 'directory', 'file']);
  });

  test('shows both symptoms by the affected mount, in a fresh pod alone', async () => {
    await cluster.restartKubelet({ mount: AFFECTED_MOUNT });
    await cluster.kubectl(['create', '-f', '-'], specimen('affected'));

    const messages = () =>
      cluster.kubectl(['--namespace=affected', 'get', 'events', '--output=jsonpath={..message}']);
    await expect.poll(messages, POLL).toMatch(/mkdir \S+\/volume-subpaths\/files\/file\/0: file exists/);
    await expect
      .poll(messages, POLL)
      .toContain('failed to prepare subPath for volumeMount "scratch" of container "directory"');
    // The status comes after the events; a file's alternates between the two reasons.
    const reason = async (kind: Kind) => (await statuses('affected')).get(kind)?.waiting?.reason;
    await expect.poll(() => reason('directory'), POLL).toBe('CreateContainerConfigError');
    await expect.poll(() => reason('file'), POLL).toMatch(/^CreateContainer(Config)?Error$/);
    expect(await running('affected')).toEqual(['control']);
    expect(await running('good')).toEqual(['control', 'directory', 'file']);

    const log = readFileSync(join(cluster.logs, 'kubelet.log'), 'utf8');
    expect(log).toMatch(/wrong fs type, bad option, bad superblock on \/proc\/\d+\/fd\/\d+/);
    expect(linksMounted(cluster.kubeletRoot)).toContainEqual({
      root: expect.stringMatching(/^\/\d+\/fd\/\d+/),
      mountPoint: expect.stringMatching(/\/volume-subpaths\/files\/file\/0$/),
    });
  });

  test('runs a pod with subPaths by the affected mount where that is told to use mount(2)', async () => {
    await cluster.restartKubelet({ env: { LIBMOUNT_FORCE_MOUNT2: 'always' } });
    await cluster.kubectl(['create', '-f', '-'], specimen('forced'));
    await expect.poll(() => running('forced'), POLL).toEqual(['control', 'directory', 'file']);
  });

  test('can go without its API server and its scheduler for a while', async () => {
    await cluster.stopApiServer();
    await expect(cluster.kubectl(['get', '--raw', '/readyz'])).rejects.toThrow(/refused/);
    await cluster.startApiServer();

    await cluster.stopScheduler();
    await cluster.kubectl(['create', '-f', '-'], specimen('late'));
    const pods = ['--namespace=late', 'get', 'pods', '--no-headers'];
    await expect.poll(() => cluster.kubectl(pods), POLL).toMatch(/^specimen-\S+ +0\/3 +Pending/);
    await cluster.startScheduler();
    await expect.poll(() => running('late'), POLL).toEqual(['control', 'directory', 'file']);
  });

  test('refuses a second one next to it', async () => {
    await expect(up({ mount: GOOD_MOUNT })).rejects.toThrow(/a test cluster is up/);
    expect(cluster.kubeletPid).toBeGreaterThan(1);
  });

  test('leaves nothing, not even what the defect has', async () => {
    await cluster.restartKubelet({ mount: AFFECTED_MOUNT, env: {} });
    await cluster.kubectl(['create', '-f', '-'], specimen('stale'));
    const stale = () =>
      linksMounted(cluster.kubeletRoot).find(({ root }) => root.startsWith(`/${kubelet}/fd/`));
    const kubelet = cluster.kubeletPid;
    await expect.poll(stale, POLL).toBeDefined();
    // With kubelet its /proc/PID/fd goes, so the link dangles, and umount(8) refuses it.
    await cluster.stopKubelet();
    await expect(execa(program('umount'), ['--lazy', stale()?.mountPoint ?? ''])).rejects.toThrow(
      /no mount point specified/,
    );

    await cluster.down();
    expect(leftovers()).toEqual([]);
    expect(machine()).toEqual(before);
  });
});

describe('a cluster whose starter', () => {
  let started = false;

  beforeAll(async () => {
    await build();
  });
  afterAll(() => {
    if (started) clean();
  });

  /** Starts a cluster from another process, which says when it is up, and ends that process. */
  async function startAndSignal(signal: NodeJS.Signals): Promise<void> {
    const starter = execa(process.execPath, ['--import', 'tsx', CLI, 'run', '--mount', AFFECTED_MOUNT], {
      reject: false,
    });
    try {
      let output = '';
      starter.stdout.on('data', (chunk) => {
        output += chunk;
      });
      await expect.poll(() => output, POLL).toMatch(/^kubelet +process \d+$(.|\n)+^logs/m);
      started = true;
      starter.kill(signal);
      expect((await starter).signal).toBe(signal);
    } finally {
      starter.kill('SIGKILL');
    }
  }

  test('is terminated goes with it', async () => {
    await startAndSignal('SIGTERM');
    expect(machine()).toEqual(before);
  });

  test('is killed is removed by another process', async () => {
    await startAndSignal('SIGKILL');
    expect(leftovers()).not.toEqual([]);
    await cli('down');
    expect(leftovers()).toEqual([]);
    expect(machine()).toEqual(before);
  });
});

async function cli(...args: string[]): Promise<string> {
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', CLI, ...args]);
  return stdout;
}

/** The mounts of something in /proc below a directory. */
function linksMounted(dir: string): { root: string; mountPoint: string }[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[4]?.startsWith(`${dir}/`) && fields.includes('proc'))
    .map(([, , , root = '', mountPoint = '']) => ({ root, mountPoint }));
}
