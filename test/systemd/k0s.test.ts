import { beforeAll, describe, expect, test } from 'vitest';
import { specimen } from '../cluster/specimen.ts';
import { scratchDirectory } from '../helpers/tools.ts';
import { installCheckUnit, metrics, runCheckUnit } from './check-unit.ts';
import { nodesOfTest, nodesOfWorker } from './fixture.ts';
import { install, writeUnit } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { SystemdNode } from './node.ts';
import { installProgram } from './program.ts';
import { AFFECTED, GOOD, truth } from './truth.ts';
import { pathsOf, VARIANTS, type Variant } from './variants.ts';

const POLL = { timeout: 60_000, interval: 500 };
const scratch = await scratchDirectory();

describe('a node of k0s', () => {
  const variant: Variant = { ...VARIANTS.k0s, wrapper: 'affected', mount: 'good' };
  let node: SystemdNode;
  let k0s: KubernetesNode;

  beforeAll(async () => {
    const [index] = await nodesOfWorker();
    node = await SystemdNode.start(index, { report: console.log });
    k0s = await install(node, variant);
    return () => node.stop();
  });

  const kubelet = async (): Promise<number> => {
    const pid = await k0s.kubeletPid();
    if (pid === undefined) throw new Error('kubelet does not run');
    return pid;
  };
  const groupOf = async (pid: number | string) =>
    /name=systemd:(.*)/.exec(await node.readFile(`/proc/${pid}/cgroup`))?.[1];
  const show = async (property: string) =>
    await node.run(['systemctl', 'show', '--value', `--property=${property}`, variant.unit]);
  const programs = async () => (await node.run(['ps', '-e', '-o', 'comm='])).split('\n');

  test('has its kubelet in a control group that is no unit, and its parent in the unit', async () => {
    await node.run(['systemctl', 'restart', variant.unit]);
    await expect.poll(() => k0s.kubeletPid(), POLL).toBeDefined();
    const pid = await kubelet();
    // It puts itself there when it has begun to manage containers.
    await expect.poll(() => groupOf(pid), POLL).toBe('/system.slice/containerd.service');
    expect(await node.run(['systemctl', 'is-active', 'containerd']).catch(() => 'inactive')).toBe('inactive');

    const parent = (await node.run(['ps', '-o', 'ppid=', '-p', String(pid)])).trim();
    expect(parent).toBe(await show('MainPID'));
    expect(await groupOf(parent)).toBe('/system.slice/k0scontroller.service');
    const { INVOCATION_ID, SYSTEMD_EXEC_PID } = await k0s.environmentOf(pid);
    expect(await node.run(['readlink', '/run/systemd/units/invocation:k0scontroller.service'])).toBe(
      INVOCATION_ID,
    );
    expect(SYSTEMD_EXEC_PID).toBe(parent);
    await k0s.untilReady();
  });

  test('starts `k0s api` beside it, and is a kubectl', async () => {
    expect(await node.run(['ps', '-e', '-o', 'args='])).toMatch(
      /^\/nix\/store\/\S+\/bin\/\.k0s-wrapped api$/m,
    );
    const [program = ''] =
      /\/nix\S+\/bin\/k0s/.exec(await node.readFile('/etc/systemd/system/k0scontroller.service')) ?? [];
    expect(await node.run([program, 'kubectl', 'get', 'nodes'])).toMatch(/^node\d +Ready/m);
    await expect(node.run([program, 'controller', '--unknown'])).rejects.toThrow(/not defined: -unknown/);
  });

  test('has the mount of its wrapper, which comes before that of the unit', async () => {
    expect(await truth(k0s)).toEqual(AFFECTED);
    expect(await node.run(['mount'])).not.toContain('volume-subpaths');
  });

  /** What the hardened unit of the NixOS module finds, beside what root finds without any limits. */
  async function foundBoth() {
    const byUnit = await runCheckUnit(node);
    const { exitCode, stdout } = await node.attempt(['subpathfix', 'check', '--format', 'prometheus']);
    expect(byUnit).toMatchObject({ status: exitCode, metrics: stdout });
    return byUnit;
  }

  test('is affected for the unit that checks by a timer, which says why', async () => {
    await installProgram(node);
    await installCheckUnit(node, scratch);
    const { status, journal } = await foundBoth();
    expect(status).toBe(1);
    expect(journal).toMatch(/affected: .*mount was tested/);
  });

  test('gives kubelet what the unit says when it is restarted, and not before', async () => {
    const pid = await kubelet();
    const env = { KUBELET_CHOICE: 'kubelet', CHOICE: 'plain', ETCD_CHOICE: 'etcd' };
    await writeUnit(node, { ...variant, kubeletPath: 'good', env });
    expect(await kubelet()).toBe(pid);
    expect(await k0s.environmentOf(pid)).not.toHaveProperty('CHOICE');

    await k0s.restart();
    expect(await kubelet()).not.toBe(pid);
    const { PATH, ...environment } = await k0s.environmentOf(await kubelet());
    expect(PATH).toMatch(/^\/var\/lib\/k0s\/bin:\/nix\/store\/\w+-util-linux-2\.41\.\d+-bin\/bin:\/usr\/bin/);
    expect(environment).toMatchObject({ _K0S_MANAGED: 'yes', CHOICE: 'kubelet', ETCD_CHOICE: 'etcd' });
    expect(environment).not.toHaveProperty('KUBELET_CHOICE');
    const etcd = await k0s.environmentOf(Number(await node.run(['pgrep', '--exact', 'etcd'])));
    expect(etcd).toMatchObject({ CHOICE: 'plain', ETCD_CHOICE: 'etcd', KUBELET_CHOICE: 'kubelet' });
    expect(await truth(k0s)).toEqual(GOOD);
  });

  test('is fixed for that unit too; it leaves no old metrics, and no one else writes there', async () => {
    expect((await foundBoth()).status).toBe(0);
    await node.run(['chmod', '777', metrics]);
    const refused = await runCheckUnit(node);
    expect(refused).toMatchObject({ status: 2, metrics: null });
    expect(refused.journal).toContain(`${metrics} can be written by others than root`);
    await node.run(['chmod', '755', metrics]);
    await node.writeFile('/usr/local/bin/subpathfix', '#!/bin/sh\nexit 2\n', 0o755);
    expect(await runCheckUnit(node)).toMatchObject({ status: 2, metrics: null });
  });

  test('ends kubelet with the unit, and leaves the containers', async () => {
    await k0s.kubectl(['create', '-f', '-'], specimen('stays'));
    const containers = async () => (await programs()).filter((name) => name === 'pause').length;
    await expect.poll(containers, POLL).toBe(4);
    await node.run(['systemctl', 'stop', variant.unit]);
    expect(await programs()).not.toContain('kubelet');
    expect(await containers()).toBe(4);
    await node.run(['systemctl', 'start', variant.unit]);
    await k0s.untilReady();
    expect(await containers()).toBe(4);
  });

  test('leaves kubelet when it is killed, until that writes to its log', async () => {
    const pid = await kubelet();
    const kill = `systemctl kill --kill-whom=main --signal=KILL ${variant.unit}`;
    const group = await node.run(['sh', '-c', `${kill}; cat /proc/${pid}/cgroup || echo gone`]);
    // In / where it has just ended, and nobody has waited for it; it may have written before we look.
    expect(group).toMatch(/^\d+:name=systemd:\/(?:system\.slice\/containerd\.service)?$|^gone$/m);
    await expect.poll(() => k0s.kubeletPid(), POLL).toBeUndefined();
    expect(await show('SubState')).toBe('auto-restart');
  });
});

describe('k0s', () => {
  const start = nodesOfTest();

  test('has no kubelet as a controller without --single or --enable-worker', async () => {
    const node = await start();
    const k0s = await install(node, VARIANTS['k0s-controller']);
    expect(await k0s.kubectl(['get', 'nodes', '--output=name'])).toBe('');
    expect(await node.run(['ps', '-e', '-o', 'comm='])).not.toMatch(/kubelet|containerd/);
  });

  const others = ['k0s-unit', 'k0s-installed', 'k0s-installed-with-worker', 'k0s-elsewhere'] as const;
  test.each(others)('runs as %s', async (name) => {
    const node = await start();
    const variant: Variant = { ...VARIANTS[name], mount: 'good' };
    const k0s = await install(node, variant);
    const main = await node.run(['systemctl', 'show', '--value', '--property=MainPID', variant.unit]);
    const line = await node.run(['ps', '-o', 'args=', '-p', main]);
    expect(line.startsWith(variant.form === 'nixos' ? '/nix/store/' : '/usr/local/bin/k0s ')).toBe(true);
    expect(line.endsWith(` ${variant.args.join(' ')}`)).toBe(true);
    expect(await node.readFile('/etc/os-release')).toMatch(
      variant.form === 'nixos' ? /^ID=nixos$/m : /^ID=debian$/m,
    );

    const { controlPlane, kubeletRoot } = pathsOf(variant);
    const kubelet = await node.run(['ps', '-o', 'args=', '-C', 'kubelet']);
    expect(kubelet.startsWith(`${controlPlane}/bin/kubelet `)).toBe(true);
    expect(kubelet).toContain(` --root-dir=${kubeletRoot} `);
    const { PATH = '' } = await k0s.environmentOf((await k0s.kubeletPid()) ?? 0);
    expect(PATH.startsWith(`${controlPlane}/bin:/nix/store/g241`)).toBe(true);
  });
});
