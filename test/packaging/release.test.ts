/** A release as a user gets it: made twice, installed where nothing can be written, on each Node.js, and without npm. */
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasNode, nodeProgram, nodeVersions } from '../helpers/nodes.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const release = path.join(scratch, 'release');
const prefix = path.join(scratch, 'prefix');
const unpacked = path.join(scratch, `subpathfix-${version}`);
const affected = ['--channel', 'nixos-25.05', '--util-linux', '2.41'];

/** Runs a script of a checkout. */
const tsx = (cwd: string, umask: string, ...args: string[]) =>
  execa('sh', ['-c', `umask ${umask}; exec node_modules/.bin/tsx "$@"`, 'sh', ...args], { cwd });

/** A script that makes the files without checking them. */
const makes = `import { bundle } from './bundle.ts';
import { makeArtifacts } from './release/artifacts.ts';
await makeArtifacts(await bundle(), process.argv[2] ?? '');
`;

beforeAll(async () => {
  await tsx(root, '022', 'scripts/release.ts', release);
  // With everything that npm says of scripts that run.
  const { stdout, stderr } = await execa('npm', [
    'install',
    '--global',
    '--prefix',
    prefix,
    '--offline',
    '--foreground-scripts',
    path.join(release, `subpathfix-${version}.tgz`),
  ]);
  expect(stdout).not.toMatch(/^> /m);
  expect(stderr).toBe('');
  await execa('tar', ['-xzf', path.join(release, `subpathfix-${version}-archive.tar.gz`), '-C', scratch]);
}, 120_000);

it('is the same, byte for byte, from another directory, of another day and under another umask', async () => {
  const copy = path.join(scratch, 'a copy');
  await mkdir(copy);
  const sources = ['src', 'scripts', 'templates', 'schema', 'test/cluster'];
  const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE'];
  await mkdir(path.join(copy, 'test'));
  for (const name of sources) await execa('cp', ['-r', path.join(root, name), path.join(copy, name)]);
  for (const name of files) await execa('cp', [path.join(root, name), copy]);
  // Links are enough for what nobody changes, and the paths are those of the copy.
  await execa('cp', ['-al', path.join(root, 'node_modules'), copy]);
  await execa('find', [...sources, ...files, '-exec', 'touch', '-d', '2020-02-02', '{}', '+'], { cwd: copy });
  const again = path.join(scratch, 'again');
  await writeFile(path.join(copy, 'scripts/make.ts'), makes);
  await tsx(copy, '077', 'scripts/make.ts', again);
  const names = (await readdir(release)).sort();
  expect((await readdir(again)).sort()).toEqual(names);
  expect(names).toHaveLength(5);
  for (const name of names) {
    const [one, other] = await Promise.all([release, again].map((each) => readFile(path.join(each, name))));
    expect(one?.equals(other ?? Buffer.alloc(0)), name).toBe(true);
  }
}, 120_000);

it('installs its manual', async () => {
  const { stdout } = await execa(tool('man'), ['-M', path.join(prefix, 'share/man'), '-w', 'subpathfix']);
  expect(stdout).toBe(path.join(prefix, 'lib/node_modules/subpathfix/man/subpathfix.1'));
});

describe.each(nodeVersions)('on Node.js %s, installed where nothing can be written', (node) => {
  it('works', async () => {
    expect(hasNode(node), 'npm run setup installs it').toBe(true);
    const bin = path.join(scratch, node);
    await mkdir(bin);
    await symlink(nodeProgram(node), path.join(bin, 'node'));
    const script = `mount -o bind "$0" "$0" && mount -o remount,ro,bind "$0" || exit 99
touch "$0/x" 2>/dev/null && exit 98
PATH=${bin}:$PATH; cd ${bin}
subpathfix() { "$0/bin/subpathfix" "$@"; }
node --version; subpathfix --version
subpathfix check ${affected.join(' ')} >check; echo "check $?"
subpathfix generate ${affected.join(' ')} --out fix >/dev/null; echo "generate $?"
subpathfix check --nixpkgs ${path.join(root, 'test/fixtures/nixpkgs/upstream-2.41.1')} >/dev/null; echo "grammar $?"
subpathfix diagnose check >/dev/null; echo "diagnose $?"`;
    const shell = [
      '--mount',
      'sh',
      '-c',
      script.replaceAll('"$0"', `"${prefix}"`).replaceAll('"$0/', `"${prefix}/`),
    ];
    const { stdout, stderr } = await execa(tool('unshare'), shell);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      ...[`v${node}`, version, 'check 1', 'generate 0', 'grammar 0', 'diagnose 0'],
    ]);
    expect((await readdir(path.join(bin, 'fix'))).sort()).toEqual(['overlay.nix', 'subpath-fix.nix']);
  });
});

describe('the archive', () => {
  const program = path.join(unpacked, 'bin/subpathfix');

  /** A directory with programs that say they are Node.js. */
  async function withNodes(name: string, nodes: Record<string, string>): Promise<string> {
    const directory = path.join(scratch, name);
    await mkdir(directory);
    for (const [file, says] of Object.entries(nodes)) {
      await writeFile(path.join(directory, file), `#!/bin/sh\n${says}\n`);
      await chmod(path.join(directory, file), 0o755);
    }
    return directory;
  }

  it('has all that belongs to it', async () => {
    expect((await readdir(unpacked)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'completions',
      'dist',
      'man',
      'schema',
    ]);
    await execa(tool('shellcheck'), ['-s', 'sh', program]);
    await execa(tool('bash'), ['-n', path.join(unpacked, 'completions/subpathfix.bash')]);
  });

  it('passes over what is no Node.js, or too old a one, and takes the next', async () => {
    const directory = await withNodes('old', {
      node: 'echo v20.18.3',
      nodejs: `exec ${process.execPath} "$@"`,
    });
    const link = path.join(scratch, 'linked');
    await symlink(program, path.join(scratch, 'link'));
    await symlink('link', link);
    for (const called of [program, link]) {
      const { stdout } = await execa(called, ['--version'], { env: { PATH: `${directory}:/usr/bin:/bin` } });
      expect(stdout).toBe(version);
    }
  });

  it('hands its arguments and the exit code on as they are', async () => {
    const { exitCode, stdout } = await execa(program, ['diagnose', 'no such\nfile *'], {
      reject: false,
      all: true,
    });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect((await execa(program, ['check', ...affected], { reject: false })).exitCode).toBe(1);
  });

  it.each([
    ['the old one that there is', 'echo v18.20.4', /found \/usr\/bin\/node \(18\.20\)/],
    ['that there is none', 'exit 1', /found none, in PATH or the usual places\./],
  ])('says %s, and what to do', async (name, says, wanted) => {
    const directory = await withNodes(name, { node: says });
    const script = `mount -o bind "${directory}/node" /usr/bin/node && PATH=/usr/bin:/bin HOME=/nonexistent exec ${program} check`;
    const { exitCode, stdout, stderr } = await execa(tool('unshare'), ['--mount', 'sh', '-c', script], {
      reject: false,
    });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^subpathfix: needs Node\.js 20\.19 or newer; /);
    expect(stderr).toMatch(wanted);
    expect(stderr).toMatch(new RegExp(`name it: /path/to/node ${unpacked}/dist/main\\.cjs$`));
  });
});
