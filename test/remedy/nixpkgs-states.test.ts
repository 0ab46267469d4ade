/** Fixes where pkgs comes from elsewhere, in each state of nixpkgs, and with packages from another one. */
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { evaluated } from '../helpers/evaluated.ts';
import { nixEnvironment } from '../helpers/nix.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const retired = /does not have the subPath mount defect: .*can be removed/;

describe('pkgs that take no overlays', () => {
  const others = ['path-wrapped-unknown', 'env', 'package', 'wrapper', 'path+wrapper-wrapped-unknown'];
  it.each(['read-only', 'special'] as const)('%s', async (pkgsFrom) => {
    for (const strategy of others) {
      const result = await evaluated(scratch, `k0s-worker-${strategy}`, '2025-07', { pkgsFrom });
      expect(result.failed).toEqual([]);
      if (strategy.includes('wrapper')) expect(result.wrapper.state).toBe('fixed');
      if (strategy.includes('path') || strategy === 'package') expect(result.kubelet.state).toBe('fixed');
    }
    const overlay = await evaluated(scratch, 'k0s-worker-overlay', '2025-07', { pkgsFrom });
    expect(overlay.failed).toEqual([
      expect.stringMatching(/pkgs\.util-linux does not have the fix.*overlay\.nix/),
    ]);
    // Applied where pkgs is made, it takes effect, and is not told to go.
    const applied = [path.join(overlay.directory, 'overlay.nix')];
    const given = await evaluated(scratch, 'k0s-worker-overlay', '2025-07', { pkgsFrom, applied });
    expect(given).toMatchObject({ failed: [], warnings: [], kubelet: { state: 'fixed' } });
  });
});

describe('an overlay that is applied twice', () => {
  it.each(['k0s-worker-overlay', 'k0s-worker-path-wrapped-unknown', 'k0s-single-wrapper'])(
    '%s',
    async (fix) => {
      const { directory } = await evaluated(scratch, fix, '2025-07');
      const overlay = path.join(directory, 'overlay.nix');
      const user = `{ nixpkgs.overlays = [ (import ${overlay}) (import ${overlay}) ]; }`;
      const result = await evaluated(scratch, fix, '2025-07', { user });
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
      const result = await evaluated(scratch, `k0s-worker-${strategy}`, '2025-07', { variant });
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
      const result = await evaluated(scratch, `k0s-worker-${strategy}`, '2025-07', {
        ...{ variant, foreign, package: 'foreign' },
      });
      expect(result).toMatchObject({ failed: [], warnings: [], kubelet: { state: 'fixed' } });
    }
    const env = await evaluated(scratch, 'k0s-worker-env', '2025-07', {
      variant,
      foreign,
      package: 'foreign',
    });
    expect(env).toMatchObject({ failed: [], warnings: [], kubelet: { forced: 'always' } });
    const overlay = await evaluated(scratch, 'k0s-worker-overlay', '2025-07', {
      variant,
      foreign,
      package: 'foreign',
    });
    expect(overlay.warnings).toEqual([expect.stringMatching(/k0s\.package comes from another nixpkgs/)]);
  });
});

it('fetches the patch with programs of the machine that builds, not of the one that it is built for', async () => {
  const { directory } = await evaluated(scratch, 'k0s-worker-overlay', '2025-07');
  const overlay = path.join(directory, 'overlay.nix');
  const packages = path.join(root, 'test/nix');
  const fetched = `(import ${packages} { host = "riscv64-linux"; overlays = [ (import ${overlay}) ]; }).util-linux.patches`;
  const args = ['--eval', '--strict', '--json', '--expr', `map (patch: patch.system or null) ${fetched}`];
  const { stdout } = await execa(tool('nix-instantiate'), args, { env: nixEnvironment(scratch) });
  expect(JSON.parse(stdout)).toEqual([null, 'x86_64-linux']);
});

it('takes k0s that was built from source', async () => {
  for (const strategy of ['path-wrapped-yes', 'package']) {
    const result = await evaluated(scratch, `k0s-single-${strategy}`, '2026-08', { package: 'source' });
    expect(result).toMatchObject({ failed: [], kubelet: { state: 'fixed' }, units: ['k0s'] });
  }
});
