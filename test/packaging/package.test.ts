/** The package of Nix: what is installed, and what is fetched, built by Nix with the machine's programs. */
import { cp, mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { flakeConfiguration } from '../helpers/flake.ts';
import { nixEnvironment } from '../helpers/nix.ts';
import { buildAffectedMount, root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();

async function build(attribute: string): Promise<string> {
  const given = {
    path: process.env['PATH'] ?? '',
    shell: tool('bash'),
    node: path.dirname(process.execPath),
    source: path.join(scratch, 'built'),
  };
  const args = Object.entries(given).flatMap(([name, value]) => ['--argstr', name, value]);
  const { stdout } = await execa(
    tool('nix-build'),
    ['--no-out-link', path.join(root, 'test/nix/build.nix'), '-A', attribute, ...args],
    { env: { ...nixEnvironment(scratch), NIX_CONFIG: flakeConfiguration } },
  );
  return stdout.trim();
}

let installed: string;
beforeAll(async () => {
  await mkdir(path.join(scratch, 'built'));
  for (const part of ['dist', 'man', 'LICENSE'])
    await cp(path.join(root, part), path.join(scratch, 'built', part), { recursive: true });
  installed = await build('installed');
}, 60_000);

const run = (args: string[], env: Record<string, string> = {}) =>
  execa(path.join(installed, 'bin/subpathfix'), args, { env, extendEnv: false, reject: false });

it('runs without any environment', async () => {
  expect((await run(['--version'])).stdout).toBe(packageJson.version);
  expect((await run(['check', '--channel', 'nixos-25.05', '--util-linux', '2.41'])).exitCode).toBe(1);
});

it('has the manual, and for nix run a name that says so', async () => {
  expect(await readFile(path.join(installed, 'share/man/man1/subpathfix.1'), 'utf8')).toContain('.TH');
  const args = ['check', '--channel', 'nixos-25.05', '--util-linux', '2.41'];
  const { stdout } = await execa(path.join(installed, 'libexec/nix-run'), args, { reject: false });
  expect(stdout).toContain('nix run . -- generate');
  expect((await run(args)).stdout).toContain(' subpathfix generate');
});

it('tests a mount with its own programs, whatever PATH has', async () => {
  const hostile = path.join(scratch, 'hostile');
  await mkdir(hostile);
  const affected = await buildAffectedMount(hostile);
  for (const name of ['unshare', 'setpriv', 'mkdir', 'sh', 'node'])
    await cp(tool('false'), path.join(hostile, name), { dereference: true });
  for (const env of [{}, { PATH: '' }, { PATH: hostile }]) {
    const good = await run(['probe', '--mount', tool('mount')], env);
    expect(`${good.exitCode} ${good.stdout}${good.stderr}`).toMatch(/^0 /);
    expect((await run(['probe', '--mount', affected], env)).exitCode).toBe(1);
  }
});

it('puts no mount, kubectl or other program of the system before PATH', async () => {
  const directory = path.join(installed, 'libexec/subpathfix');
  expect((await readdir(directory)).sort()).toEqual(['mkdir', 'setpriv', 'sh', 'unshare']);
  for (const name of await readdir(directory))
    expect(await readlink(path.join(directory, name))).toMatch(/^\//);
  const wrapper = await readFile(path.join(installed, 'bin/subpathfix'), 'utf8');
  expect(wrapper.match(/PATH=.*/g)).toEqual([`PATH="${directory}\${PATH:+:$PATH}"`]);
});

it('fetches a library by its hash in package-lock.json', async () => {
  const { stdout } = await execa(tool('tar'), ['-tf', await build('fetched')]);
  expect(stdout.split('\n')).toContain('package/package.json');
}, 60_000);

it('is built from what is not built or tested', async () => {
  const { stdout } = await execa(
    tool('nix-instantiate'),
    [
      ...['--eval', '--json', '--read-write-mode', path.join(root, 'test/nix/build.nix'), '-A', 'src'],
      ...['path', 'shell', 'node', 'source'].flatMap((name) => ['--argstr', name, '/none']),
    ],
    { env: nixEnvironment(scratch) },
  );
  expect((await readdir(JSON.parse(stdout))).sort()).toEqual([
    ...[
      'LICENSE',
      'nix',
      'package-lock.json',
      'package.json',
      'scripts',
      'src',
      'templates',
      'tsconfig.json',
    ],
  ]);
});
