import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { localHost } from '../../src/host/local.ts';
import { root, scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

/** What `verify` says without a cluster; the whole way is in test/cluster/verify.test.ts. */

const program = path.join(root, 'dist/main.cjs');
let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
});

/** A PATH that begins with a stand-in for nixos-rebuild: a script that does this and nothing else. */
async function pathWith(name: string, body: string): Promise<string> {
  const directory = path.join(scratch, name);
  await mkdir(directory);
  await writeFile(path.join(directory, 'nixos-rebuild'), `#!/bin/sh\n${body}\n`);
  await chmod(path.join(directory, 'nixos-rebuild'), 0o755);
  return `${directory}:${process.env['PATH']}`;
}

const places = ['/run/subpathfix', os.tmpdir()];
const builds = async (): Promise<string[]> => {
  const found = places.map(async (place) => {
    const names = await readdir(place).catch((): string[] => []);
    return names.filter((name) => name.startsWith('subpathfix-build-')).map((name) => path.join(place, name));
  });
  return (await Promise.all(found)).flat();
};

/** The processes that the stand-in has become. */
const sleeping = async (): Promise<number[]> =>
  (await localHost().processes()).filter(({ argv }) => argv[1] === '300.25').map(({ pid }) => pid);

const without = ['--skip', 'gate,kubelet,probe,smoke,leftovers'];

describe('verify', () => {
  it.each<[args: string[], says: RegExp]>([
    [['--skip', 'everything'], /--skip "everything": must be one of gate, kubelet, probe, smoke, leftovers/],
    [['--flake', '.'], /--flake needs --rebuild/],
    [['--file', 'x'], /--file needs --rebuild/],
    [['--rollback'], /--rollback needs --rebuild/],
    [['--restart'], /--restart needs --rebuild/],
    [['--content'], /--content needs --image/],
    [['--keep', '--skip', 'smoke'], /--keep is about the pod, which --skip smoke leaves out/],
    [['--all-nodes', '--skip', 'probe,smoke'], /--all-nodes is about the pod/],
    [['--kubeconfig', '/nowhere'], /--kubeconfig \/nowhere: no such file or directory/],
    [['--kubeconfig', '/etc', '--dry-run'], /--kubeconfig \/etc: it is a directory/],
    [['--rebuild', 'build', '--flake', '.', '--file', 'x'], /--flake and --file cannot be used together/],
    [['--node', 'a', '--all-nodes'], /--node and --all-nodes cannot be used together/],
    [['--jobs', '3'], /--jobs needs --all-nodes/],
    [['--timeout', 'soon'], /must be a number of seconds/],
    [['--rebuild', 'now'], /Allowed choices are build, test, switch, boot/],
  ])('%j is a usage error', async (args, says) => {
    const { exitCode, stdout, stderr } = await subpathfix(['verify', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  it('prints the result of each phase once, and leads on', async () => {
    const { stdout, stderr } = await subpathfix(['verify', ...without]);
    expect(stderr).toBe(
      '-> inspect the running kubelet\n-> test its mount\n-> run a pod with subPaths\n-> find what the defect left behind\n',
    );
    expect(stdout.match(/--skip kubelet/g)).toHaveLength(1);
    expect(stdout).toMatch(
      /^ +next +when that is resolved, verify again: sudo subpathfix verify --skip gate,kubelet,probe,smoke,leftovers$/m,
    );
  });

  it('says what --dry-run would do as a document, or with --quiet nothing', async () => {
    const { exitCode, stdout, stderr } = await subpathfix(['verify', '--dry-run', '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { outcome, commands } = JSON.parse(stdout) as {
      outcome: { state: string };
      commands: { command: string; input?: string }[];
    };
    expect(outcome.state).toBe('planned');
    expect(commands.map(({ command }) => command.split(' ').slice(0, 3).join(' '))).toEqual([
      ...['kubectl create -f', 'kubectl create -f', 'kubectl delete pods', 'kubectl delete namespace'],
    ]);
    expect(JSON.parse(commands[0]?.input ?? '')).toMatchObject({ kind: 'List' });
    expect(await subpathfix(['verify', '--dry-run', '--quiet'])).toEqual({
      ...{ exitCode: 0, stdout: '', stderr: '' },
    });
    const kept = await subpathfix(['verify', '--dry-run', '--keep']);
    expect(kept.stdout).not.toMatch(/delete/);
  });

  it('proves nothing by skipping everything', async () => {
    const { exitCode, stdout } = await subpathfix(['verify', ...without]);
    expect(stdout).toMatch(/^not proven: no phase ran that could prove it/);
    expect(exitCode).toBe(3);
  });

  it.each([
    ['kubectl', [], '--node NAME'],
    ['kubectl', ['--all-nodes'], '--all-nodes'],
    ['a kubeconfig', [], '--node NAME'],
    ['a kubeconfig', ['--all-nodes'], '--all-nodes'],
  ])('cannot prove it without %s %j, whatever the mount does', async (lacking, more, asked) => {
    const directory = path.join(scratch, `without ${lacking} ${asked}`);
    const file = path.join(directory, lacking === 'kubectl' ? 'other' : 'kubectl');
    await mkdir(directory);
    await symlink(process.execPath, path.join(directory, 'node'));
    // It has nobody to ask.
    await writeFile(file, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { exitCode, stdout } = await subpathfix(
      ['verify', '--skip', 'kubelet,probe,leftovers', '--timeout', '10', ...more],
      { env: { HOME: scratch, PATH: directory } },
    );
    const why = lacking === 'kubectl' ? 'install kubectl' : 'kubectl has no kubeconfig: ';
    expect(stdout).toMatch(new RegExp(`^not proven: run a pod with subPaths: .*${why}`));
    expect(stdout).toMatch(
      new RegExp(`run the pod from where kubectl works.*: subpathfix verify ${asked}$`, 'm'),
    );
    expect(exitCode).toBe(3);
  });

  it.each([['--dry-run'], []])('is a usage error where there is no nixos-rebuild %s', async (...more) => {
    const args = ['verify', '--rebuild', 'switch', ...without, ...more];
    const { exitCode, stdout, stderr } = await subpathfix(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/--rebuild switch: nixos-rebuild is not in PATH.*Nothing was done/);
  });

  it('shows the last lines of a rebuild that fails, and exits with 4', async () => {
    const PATH = await pathWith(
      'fails',
      'echo "error: attribute missing" >&2; echo "at configuration.nix:3" >&2; exit 1',
    );
    const { exitCode, stdout, stderr } = await subpathfix(
      ['verify', '--rebuild', 'build', '--flake', '.#node', ...without],
      {
        env: { PATH },
        cwd: scratch,
      },
    );
    expect(stdout).toMatch(/^failed: build the new system: nixos-rebuild build --flake \S+#node: exit 1/);
    expect(stdout).toMatch(/^ +error: attribute missing\n +at configuration\.nix:3$/m);
    expect(stderr).toContain('error: attribute missing');
    expect(exitCode).toBe(4);
    expect(await builds()).toEqual([]);
  });

  it('is a task list on a terminal', async () => {
    const line = `${process.execPath} ${program} verify --skip gate,kubelet,probe,smoke,leftovers --color always`;
    const { stdout } = await execa(tool('script'), ['--quiet', '--return', '--command', line, '/dev/null'], {
      reject: false,
      env: { TERM: 'xterm', COLUMNS: '120' },
    });
    expect(stdout).toContain('\r\u001b[2K… inspect the running kubelet');
    expect(stdout).toContain('-\u001b[22m inspect the running kubelet (0.0 s): --skip kubelet');
    // Not again below it.
    expect(stdout.match(/: --skip kubelet/g)).toHaveLength(1);
  });

  it('is one document with --json', async () => {
    const { stdout, stderr } = await subpathfix(['verify', ...without, '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ command: 'verify', outcome: { state: 'undetermined' } });
  });

  it.each<[signal: NodeJS.Signals, exitCode: number | null]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ])('leaves nothing after %s in a rebuild, or the next run removes it', async (signal, exitCode) => {
    const PATH = await pathWith(signal, 'exec sleep 300.25');
    const child = spawn(process.execPath, [program, 'verify', '--rebuild', 'build', ...without], {
      env: { ...process.env, PATH },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    while ((await builds()).length === 0) await sleep(20);
    while ((await sleeping()).length === 0) await sleep(20);
    child.kill(signal);
    expect(await ended).toBe(exitCode);
    if (signal === 'SIGKILL') {
      const PATH_ = await pathWith('next', 'exit 1');
      await subpathfix(['verify', '--rebuild', 'build', ...without], { env: { PATH: PATH_ } });
    }
    expect(await builds()).toEqual([]);
    for (const pid of await sleeping()) {
      expect(signal).toBe('SIGKILL');
      process.kill(pid, 'SIGKILL');
    }
    await rm(path.join(scratch, signal), { recursive: true });
  });

  it('goes on after a second signal, says what is going on, and gives up after the third', async () => {
    // It takes no notice of the first one.
    const PATH = await pathWith('deaf', "trap '' TERM INT; echo ready >&2; while :; do sleep 0.05; done");
    const child = spawn(process.execPath, [program, 'verify', '--rebuild', 'build', ...without], {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(said)) await sleep(20);
    };
    await until(/ready/);
    child.kill('SIGINT');
    // Closing a terminal and npm send more than one.
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGHUP'] as const) child.kill(signal);
    await sleep(800);
    expect(said).not.toMatch(/still busy|gave up/);
    child.kill('SIGINT');
    await until(/^subpathfix: still busy: build the new system; another signal gives up$/m);
    await sleep(800);
    child.kill('SIGTERM');
    expect(await ended).toBe(4);
    expect(said).toMatch(/^subpathfix: gave up: build the new system$/m);
    expect(said).toMatch(/^subpathfix: left: the link to what was built is in \S+subpathfix-build-\S+$/m);
    const deaf = (await localHost().processes()).filter(({ argv }) =>
      argv.join(' ').includes('/deaf/nixos-rebuild'),
    );
    for (const { pid } of deaf) process.kill(pid, 'SIGKILL');
    for (const build of await builds()) await rm(build, { recursive: true });
  });

  it.each([
    ['a full output', '>/dev/full', 3],
    ['a full error output', '2>/dev/full', 3],
    ['no output', '>&- 2>&-', 3],
    ['an output that nobody reads', '2>&1 | true', 3],
  ])('ends as always with %s', async (_, redirected, exitCode) => {
    const line = `set -o pipefail; ${process.execPath} ${program} verify ${without.join(' ')} ${redirected}`;
    const result = await execa('bash', ['-c', line], { reject: false });
    expect([result.exitCode, result.stderr.includes('    at ')]).toEqual([exitCode, false]);
    await rm('/run/subpathfix', { recursive: true, force: true });
  });
});
