import { describe, expect, test } from 'vitest';
import { nodesOfTest } from './fixture.ts';
import { install, writeUnit } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { installNixos } from './nixos.ts';
import type { SystemdNode } from './node.ts';
import { AFFECTED, GOOD, truth } from './truth.ts';
import { VARIANTS, type Variant } from './variants.ts';

const start = nodesOfTest();
let node: SystemdNode;

async function installed(variant: Variant): Promise<KubernetesNode> {
  node = await start();
  return await install(node, variant);
}

async function commandLine(kubernetes: KubernetesNode): Promise<string> {
  return await node.run(['ps', '-o', 'args=', '-p', String(await kubernetes.kubeletPid())]);
}

describe('a fresh pod shows the mount that is affected, and the one that is not', () => {
  test('on a node of rke2, whose kubelet has no path and the environment of the unit', async () => {
    const rke2 = await installed(VARIANTS.rke2);
    expect(await commandLine(rke2)).toMatch(/^kubelet --config=/);
    expect(await truth(rke2)).toEqual(AFFECTED);

    await writeUnit(node, { ...VARIANTS.rke2, mount: 'good' });
    await rke2.restart();
    const { PATH } = await rke2.environmentOf((await rke2.kubeletPid()) ?? 0);
    expect(PATH).toMatch(/^\/var\/lib\/rancher\/rke2\/bin:\/nix\/store\/\w+-util-linux-2\.41\.\d+-bin\/bin:/);
    expect(await truth(rke2)).toEqual(GOOD);
  });

  test('on a node of k3s, which is kubelet itself', async () => {
    const variant: Variant = { ...VARIANTS.k3s, mount: 'good', wrapper: 'affected' };
    const k3s = await installed(variant);
    expect(await commandLine(k3s)).toMatch(/^\/nix\/store\/\S+\/bin\/k3s server$/);
    expect(await node.run(['ps', '-e', '-o', 'comm='])).not.toContain('kubelet');
    expect(await node.run(['k3s', 'kubectl', 'get', 'nodes'])).toMatch(/^node\d +Ready/m);
    expect(await truth(k3s)).toEqual(AFFECTED);

    await writeUnit(node, { ...variant, env: { LIBMOUNT_FORCE_MOUNT2: 'always' } });
    await k3s.restart();
    expect(await truth(k3s)).toEqual(GOOD);
  });

  test('on a node whose kubelet is a unit of its own', async () => {
    const kubernetes = await installed(VARIANTS.kubernetes);
    expect(await truth(kubernetes)).toEqual(AFFECTED);
    await writeUnit(node, { ...VARIANTS.kubernetes, mount: 'good' });
    await kubernetes.restart();
    expect(await truth(kubernetes)).toEqual(GOOD);
  });
});

describe('nixos-rebuild', () => {
  const unit = 'kubelet';
  const links = async () => await node.run(['ls', '/nix/var/nix/profiles']);
  const system = async () => await node.run(['readlink', '/run/current-system']);
  const writeFix = async (content: string) =>
    await node.writeFile('/etc/nixos/subpath-fix.nix', `{ ... }: { ${content} }`);
  const forced = `systemd.services.${unit}.environment.LIBMOUNT_FORCE_MOUNT2 = "always";`;

  test('switches the node, and back', async () => {
    const kubernetes = await installed(VARIANTS.kubernetes);
    await installNixos(kubernetes, { nixpkgs: 'bare-2.41', storePath: true });
    const [first, pid] = [await system(), await kubernetes.kubeletPid()];
    expect(await links()).toMatch(/system\nsystem-1-link$/);
    expect(await truth(kubernetes)).toEqual(AFFECTED);

    // What has not changed is not restarted.
    await node.run(['nixos-rebuild', 'switch']);
    expect([await system(), await kubernetes.kubeletPid()]).toEqual([first, pid]);

    await writeFix(forced);
    await node.run(['sh', '-c', 'cd /tmp && nixos-rebuild build']);
    const built = await node.run(['readlink', '/tmp/result']);
    const { stderr } = await node.attempt([`${built}/bin/switch-to-configuration`, 'dry-activate']);
    expect(stderr).toContain('would restart the following units: kubelet.service');
    expect([await system(), await kubernetes.kubeletPid()]).toEqual([first, pid]);

    await node.run(['nixos-rebuild', 'switch', '--store-path', built]);
    await kubernetes.untilReady();
    expect(await system()).toBe(built);
    expect(await links()).toMatch(/system-2-link$/);
    expect(await truth(kubernetes)).toEqual(GOOD);
    const switched = await node.journal('nixos-rebuild-switch-to-configuration');
    expect(switched).toContain(`${built}/bin/switch-to-configuration switch`);

    await node.run(['nix-env', '--profile', '/nix/var/nix/profiles/system', '--set', first]);
    await node.run([`${first}/bin/switch-to-configuration`, 'switch']);
    await kubernetes.untilReady();
    expect(await truth(kubernetes)).toEqual(AFFECTED);
  });

  test('refuses as the real one does', async () => {
    const kubernetes = await installed(VARIANTS.kubernetes);
    await installNixos(kubernetes, { nixpkgs: 'bare-2.41', storePath: false });
    const before = await system();
    await writeFix(forced);
    const rebuild = async (...args: string[]) => (await node.attempt(['nixos-rebuild', ...args])).stderr;
    expect(await rebuild('switch', '--store-path', before)).toBe("error: unknown option `--store-path'");
    const locked = 'exec 9>/run/nixos/switch-to-configuration.lock; flock 9; nixos-rebuild test 9>&-';
    expect((await node.attempt(['sh', '-c', locked])).stderr).toContain('Could not acquire lock');
    await writeFix(`${forced} system.preSwitchChecks.no = "exit 1";`);
    expect(await rebuild('switch')).toContain('Pre-switch checks failed');
    await writeFix('assertions = [ { assertion = false; message = "no such unit"; } ];');
    expect(await rebuild('switch')).toContain('Failed assertions:\n- no such unit');
    expect(await system()).toBe(before);
  });
});
