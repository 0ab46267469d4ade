import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const affected = ['generate', '--channel', 'nixos-25.05', '--util-linux', '2.41', '--out', '.'];
const withPatches = [
  'generate',
  '--nixpkgs',
  path.join(root, 'test/fixtures/nixpkgs/with-patches'),
  '--out',
  '.',
];

let number = 0;
/** Runs it in an empty directory, or again in the same. */
async function inDirectory(cwd?: string) {
  const at = cwd ?? path.join(scratch, `out-${number++}`);
  await mkdir(at, { recursive: true });
  const run = async (args: string[]) => await subpathfix(args, { cwd: at });
  const module = async () => await readFile(path.join(at, 'subpath-fix.nix'), 'utf8');
  return { run, module, at };
}

interface Generated {
  remedy: { strategy: string; strategies: string[]; chosen: string | null; warnings: { code: string }[] };
}
const parsed = (stdout: string): Generated['remedy'] => (JSON.parse(stdout) as Generated).remedy;
const codes = (stdout: string): string[] => parsed(stdout).warnings.map(({ code }) => code);

describe('--strategy', () => {
  it.each([
    ['wrapper', 'path'],
    ['path', 'wrapper', 'path'],
  ])('%s, %s … go together in one module', async (...names) => {
    const { run, module } = await inDirectory();
    const strategies = names.filter((name) => name !== undefined).flatMap((name) => ['--strategy', name]);
    const { exitCode, stdout } = await run([...affected, ...strategies, '--gate', '--json']);
    expect(exitCode).toBe(0);
    expect(parsed(stdout)).toMatchObject({ strategy: 'path', strategies: ['path', 'wrapper'], chosen: null });
    expect(codes(stdout)).not.toContain('kubelet-not-fixed');
    const text = await module();
    expect(text).toContain('# Strategy path and wrapper: ');
    expect(text.match(/preSwitchChecks/g)).toHaveLength(1);
    expect(text.match(/^ *\+? ?check "/gm)).toHaveLength(2);
  });

  it.each<[names: string[], says: RegExp]>([
    [['path', 'env'], /--strategy path --strategy env: these do not go together/],
    [['overlay', 'wrapper'], /do not go together/],
    [['paths'], /'paths' is invalid\. Allowed choices are path, env, package, wrapper/],
  ])('%j is refused', async (names, says) => {
    const { run } = await inDirectory();
    const refused = await run([...affected, ...names.flatMap((name) => ['--strategy', name])]);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(says);
  });
});

describe('a fix over another', () => {
  it('warns, and names the file that is left', async () => {
    const { run } = await inDirectory();
    await run([...affected, '--strategy', 'path']);
    const { stdout } = await run([...affected, '--strategy', 'env']);
    expect(stdout).toMatch(
      /held a fix by strategy path, and now holds one by env .*overlay\.nix is no longer needed/,
    );
    expect(codes((await run([...affected, '--strategy', 'wrapper', '--json'])).stdout)).toContain(
      'other-strategy',
    );
  });

  it.each([
    ['the same', ['--strategy', 'path'], ['--strategy', 'path', '--gate']],
    ['one chosen for the same', [], ['--strategy', 'path']],
  ])('does not warn for %s', async (_, before, after) => {
    const { run } = await inDirectory();
    await run([...affected, ...before]);
    expect(codes((await run([...affected, ...after, '--json'])).stdout)).not.toContain('other-strategy');
  });

  it('is not kept from being written by what it does not write', async () => {
    const { run, at } = await inDirectory();
    await mkdir(path.join(at, 'overlay.nix'));
    expect((await run([...affected, '--strategy', 'env'])).exitCode).toBe(0);
  });

  it('warns before it is written', async () => {
    const { run, module } = await inDirectory();
    await run([...affected, '--strategy', 'env']);
    const before = await module();
    const { stdout } = await run([...affected, '--strategy', 'path', '--dry-run', '--json']);
    expect(codes(stdout)).toContain('other-strategy');
    expect(await module()).toBe(before);
  });
});

describe('a nixpkgs that fixes kubelet itself', () => {
  it.each(['k3s', 'kubernetes'])('of %s leaves the wrapper', async (distro) => {
    const { run } = await inDirectory();
    const { stdout } = await run([...withPatches, '--distro', distro, '--json']);
    expect(parsed(stdout)).toMatchObject({ strategy: 'wrapper', chosen: expect.stringContaining('itself') });
    expect(codes(stdout)).not.toContain('kubelet-not-fixed');
    const env = await run([...withPatches, '--distro', distro, '--strategy', 'env', '--force', '--json']);
    expect(codes(env.stdout)).toContain('fixed-by-nixpkgs');
  });

  it.each([
    ['k0s', 'path'],
    ['rke2', 'package'],
  ])('does not fix %s', async (distro, strategy) => {
    const { run } = await inDirectory();
    const { stdout } = await run([...withPatches, '--distro', distro, '--json']);
    expect(parsed(stdout)).toMatchObject({ strategy });
    expect(codes(stdout)).not.toContain('fixed-by-nixpkgs');
  });
});

describe('a node whose /run/wrappers/bin/mount has the defect', () => {
  const node = path.join(root, 'test/fixtures/nodes/k0s-csi-wrapper/root');
  const onNode = ['generate', '--node-root', node, '--out', '.'];

  it('gets that fixed by itself, whatever is known of kubelet', async () => {
    const { run, module } = await inDirectory();
    const { exitCode, stdout } = await run([...onNode, '--strategy', 'wrapper', '--json']);
    expect(exitCode).toBe(0);
    expect(parsed(stdout)).toMatchObject({ strategies: ['wrapper'] });
    expect(await module()).toContain('# Why: CSI drivers that enter the host call /run/wrappers/bin/mount');
  });

  it.each([[[]], [['--strategy', 'path']], [['--strategy', 'path', '--strategy', 'wrapper']]])(
    'gets no other fix while kubelet is undetermined: %j',
    async (strategies) => {
      const { run, module } = await inDirectory();
      expect((await run([...onNode, ...strategies])).exitCode).toBe(3);
      await expect(module()).rejects.toThrow('ENOENT');
    },
  );
});

it('folds a long command in the header, so that it can be pasted', async () => {
  const { run, module } = await inDirectory();
  const out = path.join(scratch, 'a directory with a long name '.repeat(4));
  await run([...affected.slice(0, -2), '--role', 'worker', '--unit', 'k0s', '--gate', '--out', out]);
  const text = await readFile(path.join(out, 'subpath-fix.nix'), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('# '));
  const command = lines.slice(
    1,
    lines.findIndex((line) => line.startsWith('# Why')),
  );
  expect(command.length).toBeGreaterThan(1);
  const pasted = command.map((line) => line.slice(2).trim().replace(/ \\$/, '')).join(' ');
  expect(pasted).toBe(
    `subpathfix generate --channel nixos-25.05 --util-linux 2.41 --role worker --unit k0s --gate --out '${out}'`,
  );
  await expect(module()).rejects.toThrow('ENOENT');
});
