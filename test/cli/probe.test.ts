import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildAffectedMount, root, scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

let scratch: string;
let affected: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  await mkdir(path.join(scratch, 'affected'));
  affected = await buildAffectedMount(path.join(scratch, 'affected'));
  await chmod(scratch, 0o755);
});

let number = 0;
/** A mount that is a shell script, in a directory of its own. */
async function script(body: string): Promise<string> {
  const directory = path.join(scratch, `script-${number++}`);
  await mkdir(directory);
  const file = path.join(directory, 'mount');
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process that does nothing, with this environment and directory. */
async function idle(env: Record<string, string>, cwd = '/'): Promise<number> {
  const child = spawn(tool('sleep'), ['60'], { env, cwd, stdio: 'ignore' });
  started.push(child);
  if (child.pid === undefined) throw new Error('sleep did not start');
  // Until exec is done, /proc shows the environment of this process.
  while (!(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).startsWith(tool('sleep'))) await sleep(5);
  return child.pid;
}

/** Everything of the probe that could stay: its processes, its mounts, its files. */
async function traces(mount: string): Promise<string[]> {
  const processes: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(mount) && Number(pid) !== process.pid) processes.push(line.replaceAll('\0', ' '));
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(' - tmpfs subpathfix '));
  const files = (await readdir(os.tmpdir())).filter((name) => name.startsWith('subpathfix-probe'));
  return [...processes, ...mounts, ...files];
}

/** Waits until the kernel has ended what was killed. */
async function nothingLeft(mount: string): Promise<void> {
  const deadline = Date.now() + 5000;
  let left = await traces(mount);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(50);
    left = await traces(mount);
  }
  expect(left).toEqual([]);
}

const ways = ['as root', 'without privileges'] as const;
type Way = (typeof ways)[number];

/** The same command line, as root or as nobody in a user namespace of the probe's own making. */
async function probe(way: Way, args: string[], env: Record<string, string> = {}) {
  if (way === 'as root') return subpathfix(['probe', ...args], { env });
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
  const { exitCode, stdout, stderr } = await execa(
    tool('setpriv'),
    [...nobody, path.join(root, 'dist/main.cjs'), 'probe', ...args],
    { reject: false, env, cwd: '/' },
  );
  return { exitCode, stdout, stderr };
}

describe.each(ways)('a mount tested %s', (way) => {
  it("that is the system's own is fixed", async () => {
    const { exitCode, stdout } = await probe(way, ['--mount', tool('mount')]);
    expect(stdout).toMatch(/^fixed: .*mount was tested: it binds a file and a directory/);
    expect(stdout.match(/exit 0, bound$/gm)).toHaveLength(6);
    expect(exitCode).toBe(0);
  });

  it('that is affected is affected, in its own words', async () => {
    const { exitCode, stdout } = await probe(way, ['--mount', affected]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^affected: .* does not bind a file or a directory the way kubelet needs/);
    expect(stdout).toMatch(/file +exit 0, the link itself was bound/);
    expect(stdout).toMatch(
      /directory +exit 32, not bound: mount: .*wrong fs type, bad option, bad superblock on \/proc/,
    );
  });

  it('is fixed by the environment variable', async () => {
    const args = ['--mount', affected, '--env', 'LIBMOUNT_FORCE_MOUNT2=always'];
    const { exitCode, stdout } = await probe(way, args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('with LIBMOUNT_FORCE_MOUNT2=always');
    const never = await probe(way, ['--mount', affected, '--env', 'LIBMOUNT_FORCE_MOUNT2=never']);
    expect(never.exitCode).toBe(1);
  });
});

describe('which mount is tested', () => {
  it('of a name: the first in PATH', async () => {
    const env = { PATH: `/nowhere:${path.dirname(affected)}:${process.env['PATH']}` };
    const { exitCode, stdout } = await subpathfix(['probe', '--mount', 'mount', '--json'], { env });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ probe: { mount: affected } });
  });

  it('through a relative PATH', async () => {
    const env = { PATH: `affected:${process.env['PATH']}` };
    const { stdout } = await subpathfix(['probe', '--mount', 'mount', '--json'], { env, cwd: scratch });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: { state: 'affected' }, probe: { mount: affected } });
  });

  it('through a wrapper script', async () => {
    const wrapper = await script(`PATH=/wrapped:$PATH exec ${affected} "$@"`);
    expect((await subpathfix(['probe', '--mount', wrapper])).exitCode).toBe(1);
    const fixing = await script(`LIBMOUNT_FORCE_MOUNT2=always exec ${affected} "$@"`);
    expect((await subpathfix(['probe', '--mount', fixing])).exitCode).toBe(0);
  });

  it("with a process's PATH and environment", async () => {
    const PATH = `${path.dirname(affected)}:/usr/bin:/bin`;
    const broken = await idle({ PATH });
    expect((await subpathfix(['probe', '--pid', String(broken)])).exitCode).toBe(1);
    const fixed = await idle({ PATH, LIBMOUNT_FORCE_MOUNT2: 'always' });
    expect((await subpathfix(['probe', '--pid', String(fixed)])).exitCode).toBe(0);
    const relative = await idle({ PATH: 'affected:/usr/bin:/bin' }, scratch);
    expect((await subpathfix(['probe', '--pid', String(relative)])).exitCode).toBe(1);
  });
});

describe('what cannot be determined', () => {
  it.each<[what: string, body: string, because: RegExp]>([
    ['crashes', 'kill -SEGV $$', /a tmpfs failed too.*exit 139/],
    ['prints a gigabyte', 'exec head -c 1000000000 /dev/zero', /wrote too much output and was stopped/],
    ['lies with exit 0', 'exit 0', /a tmpfs failed too/],
    [
      'lies about the bind alone',
      'case "$*" in *no-canonicalize*) exit 0;; esac; exec /bin/mount "$@"',
      /the mount of a file failed, but not the way this defect.*exit 0, but nothing there/,
    ],
    [
      'does not know the option',
      'case "$*" in *no-canonicalize*) echo "mount: unrecognized option" >&2; exit 1;; esac; exec /bin/mount "$@"',
      /not the way this defect makes it fail \(exit 1: mount: unrecognized option\)/,
    ],
    [
      'fails the second mount alone',
      'case "$*" in *remount*) echo "mount: no" >&2; exit 1;; esac; exec /bin/mount "$@"',
      /the remount of a file failed, but not the way this defect.*exit 1: mount: no/,
    ],
    [
      'fails the control',
      'case "$*" in *tmpfs*) exec /bin/mount "$@";; esac; exit 32',
      /a plain bind mount, the control/,
    ],
    [
      'says affected words without a mount',
      'echo "wrong fs type, bad option, bad superblock on /proc/1/fd/7"; exit 32',
      /a tmpfs/,
    ],
  ])('a mount that %s', async (_, body, because) => {
    const mount = await script(body);
    const { exitCode, stdout } = await subpathfix(['probe', '--mount', mount]);
    expect(stdout).toMatch(/^undetermined: /);
    expect(stdout).toMatch(because);
    expect(exitCode).toBe(3);
    await nothingLeft(mount);
  });

  it.each<[args: string[], because: RegExp]>([
    [['--mount', '/nowhere/mount'], /\/nowhere\/mount: no such program/],
    [['--mount', '/etc/passwd'], /no such program/],
    [['--mount', '/'], /no such program/],
    [['--pid', '4194304'], /there is no process 4194304/],
    [['--mount', 'mount', '--env', 'PATH=/nowhere'], /no such program in PATH \(\/nowhere\)/],
  ])('%j', async (args, because) => {
    const { exitCode, stdout } = await subpathfix(['probe', ...args]);
    expect(stdout).toMatch(because);
    expect(exitCode).toBe(3);
  });

  it('no setpriv in PATH', async () => {
    const result = await execa(
      process.execPath,
      [path.join(root, 'dist/main.cjs'), 'probe', '--mount', affected],
      {
        env: { PATH: '/nowhere' },
        extendEnv: false,
        reject: false,
      },
    );
    expect(result.stdout).toMatch(/setpriv is not in PATH; it is needed/);
    expect(result.exitCode).toBe(3);
  });

  it('namespaces that are off', async () => {
    const off = `echo 0 >/proc/sys/user/max_mnt_namespaces; exec "$0" "$@"`;
    const result = await execa(
      tool('unshare'),
      [
        '--map-root-user',
        'sh',
        '-c',
        off,
        process.execPath,
        path.join(root, 'dist/main.cjs'),
        'probe',
        '--mount',
        affected,
      ],
      { reject: false },
    );
    expect(result.stdout).toMatch(/could not make a private mount namespace \(unshare: .*\): run as root/);
    expect(result.exitCode).toBe(3);
  });

  it('a process in another mount namespace', async () => {
    const child = spawn(tool('unshare'), ['--mount', 'sleep', '60'], { stdio: 'ignore' });
    started.push(child);
    while (!(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).startsWith('sleep')) await sleep(5);
    const { exitCode, stdout } = await subpathfix(['probe', '--pid', String(child.pid)]);
    expect(stdout).toMatch(/is in another mount namespace/);
    expect(exitCode).toBe(3);
  });
});

describe('a mount that hangs', () => {
  it('is stopped in time, with all that it started', async () => {
    const mount = await script('sleep 1000 & exec sleep 1000');
    const { exitCode, stdout } = await subpathfix(['probe', '--mount', mount]);
    expect(stdout).toMatch(/did not finish within 10 s and was stopped/);
    expect(exitCode).toBe(3);
    await nothingLeft(mount);
  });

  it.each<[signal: NodeJS.Signals, exitCode: number | null]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ])('leaves nothing after %s', async (signal, exitCode) => {
    const mount = await script('setsid sleep 1000 & exec sleep 1000');
    const child = spawn(process.execPath, [path.join(root, 'dist/main.cjs'), 'probe', '--mount', mount], {
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    while (!(await traces(mount)).some((line) => line.includes('-t tmpfs') || line.startsWith('/bin/sh')))
      await sleep(20);
    child.kill(signal);
    expect(await ended).toBe(exitCode);
    await nothingLeft(mount);
  });
});

it('leaves nothing behind when all goes well', async () => {
  await subpathfix(['probe', '--mount', affected]);
  await nothingLeft(affected);
});

it('shows each command with --verbose, on standard error', async () => {
  const { stdout, stderr } = await subpathfix(['probe', '--mount', affected, '--verbose', '--json']);
  expect(stderr).toMatch(/^\+ .*setpriv .*--pdeathsig KILL .*unshare --mount .*# exit 0, \d+ ms\n$/s);
  expect(JSON.parse(stdout)).toMatchObject({ command: 'probe' });
});
