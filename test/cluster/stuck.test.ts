import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AFFECTED_MOUNT, GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { specimen } from './specimen.ts';
import { up } from './up.ts';

/** A pod that the defect has hit, and that can no longer be deleted once kubelet has restarted. */

const program = path.resolve(import.meta.dirname, '../../dist/main.cjs');
let cluster: Cluster;
beforeAll(async () => {
  cluster = await up({ mount: AFFECTED_MOUNT });
});
afterAll(() => cluster?.down());

const sweep = (...args: string[]) =>
  execa('node', [program, 'sweep', ...args], {
    reject: false,
    env: {
      PATH: `${cluster.bin}:${process.env['PATH']}`,
      KUBECONFIG: cluster.adminKubeconfig,
      KUBECACHEDIR: path.join(cluster.kubeletRoot, '../kube-cache'),
    },
  });

const pods = async (): Promise<string> => cluster.kubectl(['get', 'pods', '-n', 'stuck', '-o', 'json']);

async function until(holds: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${(await pods()).slice(0, 2000)}`);
    await sleep(300);
  }
}

describe('a pod that hangs in Terminating', () => {
  it('goes after a sweep, and not before', async () => {
    await cluster.kubectl(['create', '-f', '-'], specimen('stuck'));
    await until(
      async () => /mkdir \S+: file exists/.test(await cluster.kubectl(['get', 'events', '-n', 'stuck'])),
      60,
    );
    await until(async () => (await sweep()).exitCode === 1, 30);

    // What is removed while kubelet's mount is affected comes back.
    const early = await sweep('--apply');
    expect(early.exitCode).toBe(2);
    expect(early.stderr).toMatch(/kubelet's mount still has the defect.*--force/);

    await cluster.restartKubelet({ mount: GOOD_MOUNT });
    await cluster.kubectl(['delete', 'daemonset', 'specimen', '-n', 'stuck', '--wait=false']);
    await sleep(15_000);
    const { items } = JSON.parse(await pods()) as { items: { metadata: { deletionTimestamp?: string } }[] };
    expect(items[0]?.metadata.deletionTimestamp).toMatch(/^20/);

    const listed = await sweep('--json');
    expect(listed.exitCode).toBe(1);
    expect(listed.stdout).toContain('"stuck"');
    const { exitCode, stdout } = await sweep('--apply');
    expect(exitCode, stdout).toBe(0);
    // kubelet tries again within 2 min 2 s
    await until(async () => (JSON.parse(await pods()) as { items: unknown[] }).items.length === 0, 150);
    expect((await sweep()).exitCode).toBe(0);
  }, 300_000);
});
