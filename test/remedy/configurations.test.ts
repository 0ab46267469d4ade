/** Fixes in configurations that work against them, or do not need them. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { caseNamed } from '../helpers/cases.ts';
import { eras, type Placed, rowOf } from '../helpers/eras.ts';
import { type Evaluated, evaluateTable, nixEnvironment, type Row } from '../helpers/nix.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
let number = 0;

/** Evaluates a fix beside a user's own definitions. */
async function evaluated(
  name: string,
  era: string,
  { user = '{ }', ...other }: Partial<Row> & { user?: string } = {},
): Promise<Evaluated> {
  const tested = caseNamed(name);
  const when = eras[tested.distribution]?.find((candidate) => candidate.era === era);
  if (!when) throw new Error(`no era ${era} of ${tested.distribution}`);
  const directory = path.join(scratch, `fix-${number++}`);
  const file = `${directory}.nix`;
  await writeFile(file, `{ lib, pkgs, ... }: ${user}\n`);
  const unit = when.unit ?? (tested.role === 'worker' ? 'k0sworker' : 'k0scontroller');
  const units = { k0s: unit, k3s: 'k3s', rke2: `rke2-${tested.role}`, kubernetes: 'kubelet', microk8s: '' };
  const fix: Placed = { ...tested, ...when, unit: units[tested.distribution], directory };
  const [result] = await evaluateTable(scratch, [await rowOf(fix, { ...other, modules: [file] })]);
  if (!result) throw new Error('nothing was evaluated');
  return result;
}

const path0 = 'k0s-worker-path-wrapped-unknown';
const service = (text: string): string => `{ systemd.services.k0sworker = { ${text} }; }`;
const retired = /does not have the subPath mount defect: .*can be removed/;

describe('a definition of the user', () => {
  it.each<[what: string, fix: string, user: string, failed: RegExp[]]>([
    ['nothing', path0, '{ }', []],
    [
      'mkForce of path, as a public configuration has it',
      path0,
      service('path = lib.mkForce [ pkgs.coreutils pkgs.util-linux ];'),
      [/^subpathfix: PATH of service "k0sworker" .*coreutils.*mkForce/, /: KUBELET_PATH of/],
    ],
    ['mkBefore', path0, service('path = lib.mkBefore [ pkgs.util-linux ];'), []],
    ['a package with order 1', path0, service('path = lib.mkOrder 1 [ pkgs.util-linux ];'), []],
    [
      'a package before every other',
      path0,
      service('path = lib.mkOrder (-1) [ pkgs.util-linux ];'),
      [
        /: PATH of .* begin with the patched util-linux, but with "[^"]*util-linux-2\.41/,
        /: KUBELET_PATH of/,
      ],
    ],
    [
      'environment.PATH',
      path0,
      service('environment.PATH = lib.mkForce "/run/current-system/sw/bin";'),
      [/: PATH of .*"\/run\/current-system\/sw\/bin".*environment\.PATH/],
    ],
    [
      'no PATH at all',
      path0,
      service('environment.PATH = lib.mkForce null;'),
      [/: PATH of service "k0sworker" does not begin/],
    ],
    [
      'environment.KUBELET_PATH',
      path0,
      service('environment.KUBELET_PATH = lib.mkForce "/bin";'),
      [/: KUBELET_PATH of .*"\/bin"/],
    ],
    [
      'all of environment',
      path0,
      service('environment = lib.mkForce { HOME = "/root"; };'),
      [/: PATH of/, /: KUBELET_PATH of/],
    ],
    [
      'PATH in serviceConfig.Environment',
      path0,
      service('serviceConfig.Environment = [ "A=b" "PATH=/bin" ];'),
      [/: PATH of .* but with "serviceConfig\.Environment"/],
    ],
    [
      'a quoted PATH in a text of serviceConfig.Environment',
      path0,
      service(String.raw`serviceConfig.Environment = "A=b \"KUBELET_PATH=/bin\"";`),
      [/: KUBELET_PATH of .* but with "serviceConfig\.Environment"/],
    ],
    ['another PATH there', path0, service('serviceConfig.Environment = "CNI_PATH=/opt/cni/bin";'), []],
    [
      'enable = false',
      path0,
      service('enable = false;'),
      [/no service "k0sworker" \(systemd\.services\.k0sworker\.enable is false\)/],
    ],
    [
      'the service is not enabled',
      path0,
      '{ services.k0s.enable = lib.mkForce false; }',
      [/no service "k0sworker" \(it has no ExecStart\).*--(role|unit)/],
    ],
    [
      'another variable',
      'k0s-worker-env',
      service('environment.KUBELET_LIBMOUNT_FORCE_MOUNT2 = lib.mkForce "auto";'),
      [/: KUBELET_LIBMOUNT_FORCE_MOUNT2 of service "k0sworker" is not always/],
    ],
    [
      'all of environment, with env',
      'k0s-worker-env',
      service('environment = lib.mkForce { };'),
      [/KUBELET_LIBMOUNT_FORCE_MOUNT2 of service/],
    ],
    [
      'another ExecStart',
      'k0s-worker-package',
      service('serviceConfig.ExecStart = lib.mkForce [ "" "/opt/k0s worker" ];'),
      [/does not start the package of services\.k0s\.package/],
    ],
    [
      'KUBELET_PATH, with package',
      'k0s-worker-package',
      service('environment.KUBELET_PATH = "/bin";'),
      [/: KUBELET_PATH of .*"\/bin"/],
    ],
    [
      'the wrapper, stronger',
      'k0s-single-wrapper',
      '{ security.wrappers.mount.source = lib.mkOverride 40 "/bin/mount"; }',
      [/security\.wrappers\.mount is not the patched mount, but "\/bin\/mount"/],
    ],
    [
      'the wrapper, with both',
      'k0s-worker-env+wrapper',
      '{ security.wrappers.mount.source = lib.mkOverride 40 "/bin/mount"; }',
      [/security\.wrappers\.mount is not/],
    ],
  ])('%s', async (_, fix, user, failed) => {
    const result = await evaluated(fix, '2025-07', { user });
    expect(result.failed).toEqual(failed.map((text) => expect.stringMatching(text)));
    if (failed.length === 0 && !fix.includes('wrapper')) expect(result.kubelet.state).toBe('fixed');
  });

  it('does not change what is fixed otherwise: k3s with an own util-linux', async () => {
    const user =
      '{ services.k3s.package = pkgs.k3s.override { util-linux = pkgs.util-linuxMinimal.overrideAttrs (prev: { patches = prev.patches ++ [ ./fix-mount-regression.patch ]; }); }; }';
    const result = await evaluated('k3s-server-package', '2025-05', { user });
    expect(result).toMatchObject({ failed: [], kubelet: { state: 'fixed' } });
    expect(result.kubelet.mount).not.toContain('fetched');
  });
});

describe('pkgs that take no overlays', () => {
  const others = ['path-wrapped-unknown', 'env', 'package', 'wrapper', 'path+wrapper-wrapped-unknown'];
  it.each(['read-only', 'special'] as const)('%s', async (pkgsFrom) => {
    for (const strategy of others) {
      const result = await evaluated(`k0s-worker-${strategy}`, '2025-07', { pkgsFrom });
      expect(result.failed).toEqual([]);
      if (strategy.includes('wrapper')) expect(result.wrapper.state).toBe('fixed');
      if (strategy.includes('path') || strategy === 'package') expect(result.kubelet.state).toBe('fixed');
    }
    const overlay = await evaluated('k0s-worker-overlay', '2025-07', { pkgsFrom });
    expect(overlay.failed).toEqual([
      expect.stringMatching(/pkgs\.util-linux does not have the fix.*overlay\.nix/),
    ]);
    // Applied where pkgs is made, it takes effect, and is not told to go.
    const applied = [path.join(scratch, `fix-${number - 1}`, 'overlay.nix')];
    const given = await evaluated('k0s-worker-overlay', '2025-07', { pkgsFrom, applied });
    expect(given).toMatchObject({ failed: [], warnings: [], kubelet: { state: 'fixed' } });
  });
});

describe('an overlay that is applied twice', () => {
  it.each(['k0s-worker-overlay', 'k0s-worker-path-wrapped-unknown', 'k0s-single-wrapper'])(
    '%s',
    async (fix) => {
      await evaluated(fix, '2025-07');
      const overlay = path.join(scratch, `fix-${number - 1}`, 'overlay.nix');
      const user = `{ nixpkgs.overlays = [ (import ${overlay}) (import ${overlay}) ]; }`;
      const result = await evaluated(fix, '2025-07', { user });
      expect(result).toMatchObject({ failed: [], warnings: [] });
      expect([result.kubelet.state, result.wrapper.state]).toContain('fixed');
    },
  );
});

describe('a nixpkgs that is', () => {
  it.each<[variant: string, goes: boolean]>([
    ['bare-2.41', false],
    ['with-patches', false],
    ['with-other-patches', false],
    ['patched-2.41', true],
    ['fetched-2.41', true],
    ['fixed-2.41.1', true],
    ['older-2.40.4', true],
  ])('%s: every fix takes effect, and says when it can go', async (variant, goes) => {
    for (const strategy of ['path-wrapped-unknown', 'env', 'package', 'wrapper', 'overlay']) {
      const result = await evaluated(`k0s-worker-${strategy}`, '2025-07', { variant });
      expect(result.failed).toEqual([]);
      expect(result.warnings.map((text) => retired.test(text))).toEqual(goes ? [true] : []);
      if (strategy === 'wrapper') expect(result.wrapper.state).toBe('fixed');
      else if (strategy !== 'env' || goes) expect(result.kubelet.state).toBe('fixed');
      if (strategy === 'package' && goes) expect(result.postBuild).toBeNull();
    }
  });

  it.each<[variant: string, foreign: string]>([
    ['fixed-2.41.1', 'bare-2.41'],
    ['bare-2.41', 'fixed-2.41.1'],
    ['patched-2.41', 'bare-2.41'],
  ])('%s, with a k0s from one that is %s: fixed, and nothing can go', async (variant, foreign) => {
    for (const strategy of ['path-wrapped-unknown', 'package', 'path+wrapper-wrapped-yes']) {
      const result = await evaluated(`k0s-worker-${strategy}`, '2025-07', {
        ...{ variant, foreign, package: 'foreign' },
      });
      expect(result).toMatchObject({ failed: [], warnings: [], kubelet: { state: 'fixed' } });
    }
    const env = await evaluated('k0s-worker-env', '2025-07', { variant, foreign, package: 'foreign' });
    expect(env).toMatchObject({ failed: [], warnings: [], kubelet: { forced: 'always' } });
    const overlay = await evaluated('k0s-worker-overlay', '2025-07', {
      variant,
      foreign,
      package: 'foreign',
    });
    expect(overlay.warnings).toEqual([expect.stringMatching(/k0s\.package comes from another nixpkgs/)]);
  });
});

it('fetches the patch with programs of the machine that builds, not of the one that it is built for', async () => {
  await evaluated('k0s-worker-overlay', '2025-07');
  const overlay = path.join(scratch, `fix-${number - 1}`, 'overlay.nix');
  const packages = path.join(root, 'test/nix');
  const fetched = `(import ${packages} { host = "riscv64-linux"; overlays = [ (import ${overlay}) ]; }).util-linux.patches`;
  const args = ['--eval', '--strict', '--json', '--expr', `map (patch: patch.system or null) ${fetched}`];
  const { stdout } = await execa(tool('nix-instantiate'), args, { env: nixEnvironment(scratch) });
  expect(JSON.parse(stdout)).toEqual([null, 'x86_64-linux']);
});

it('takes k0s that was built from source', async () => {
  for (const strategy of ['path-wrapped-yes', 'package']) {
    const result = await evaluated(`k0s-single-${strategy}`, '2026-08', { package: 'source' });
    expect(result).toMatchObject({ failed: [], kubelet: { state: 'fixed' }, units: ['k0s'] });
  }
});
