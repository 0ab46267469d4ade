/** The package is all that is installed: no library beside it, and nothing of it runs at installation. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { root, scratchDirectory } from '../helpers/tools.ts';

it('installs from its tarball alone, and works', async () => {
  const directory = await scratchDirectory();
  const npm = (args: string[], cwd = directory) => execa('npm', args, { cwd });
  // Without scripts: prepare would build into the dist/ that other tests run.
  await npm(['pack', '--ignore-scripts', '--pack-destination', directory], root);
  const [tarball = ''] = await readdir(directory);
  const home = path.join(directory, 'home');
  await mkdir(home);
  await writeFile(path.join(home, 'package.json'), '{}');
  const { stdout } = await npm(['install', '--offline', '--no-audit', path.join(directory, tarball)], home);
  expect(stdout).toContain('added 1 package');
  expect((await readdir(path.join(home, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
    'subpathfix',
  ]);

  const run = (args: string[]) =>
    execa(path.join(home, 'node_modules/.bin/subpathfix'), args, { cwd: home, reject: false });
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  expect((await run(['--version'])).stdout).toBe(version);
  const inputs = ['--channel', 'nixos-25.05', '--util-linux', '2.41'];
  expect((await run(['check', ...inputs])).exitCode).toBe(1);
  expect((await run(['generate', ...inputs, '--out', 'fix'])).exitCode).toBe(0);
  expect((await readdir(path.join(home, 'fix'))).sort()).toEqual(['overlay.nix', 'subpath-fix.nix']);
  // A grammar is read from its own file.
  const nixpkgs = path.join(root, 'test/fixtures/nixpkgs/upstream-2.41.1');
  expect((await run(['check', '--nixpkgs', nixpkgs])).exitCode).toBe(0);
});
