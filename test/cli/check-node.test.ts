import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildAffectedMount, root, scratchDirectory, tool } from '../helpers/tools.ts';

/** The examination of this machine, with real processes that stand for kubelet. */

const program = path.join(root, 'dist/main.cjs');
let scratch: string;
let affected: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  await mkdir(path.join(scratch, 'affected'));
  affected = path.dirname(await buildAffectedMount(path.join(scratch, 'affected')));
});

let namespace: ChildProcess | null = null;
afterEach(() => {
  namespace?.kill('SIGKILL');
  namespace = null;
});

/** A program of kubelet's name, that does nothing. */
async function standInFor(directory: string): Promise<string> {
  const file = path.join(scratch, directory, 'kubelet');
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(tool('sleep'), file);
  return file;
}

/**
 * Starts a stand-in for kubelet in a mount namespace of its own, so that no other kubelet of this machine is
 * in sight, and runs the program there.
 * @param directory of the stand-in
 */
async function onNode(
  { env, directory = 'bin' }: { env: Record<string, string>; directory?: string },
  args: string[],
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const holder = spawn(tool('unshare'), ['--mount', '--propagation', 'private', 'sleep', '60'], {
    stdio: 'ignore',
  });
  namespace = holder;
  await startedAs(holder, 'sleep');
  const enter = ['--target', String(holder.pid), '--mount'];
  const kubelet = await standInFor(directory);
  const standIn = spawn(tool('nsenter'), [...enter, kubelet, '60'], { env, stdio: 'ignore' });
  await startedAs(standIn, kubelet);
  try {
    const { exitCode, stdout, stderr } = await execa(
      tool('nsenter'),
      [...enter, process.execPath, program, ...args],
      { reject: false, timeout: 30_000 },
    );
    return { exitCode, stdout, stderr };
  } finally {
    standIn.kill('SIGKILL');
  }
}

async function startedAs(child: ChildProcess, name: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const line = await readFile(`/proc/${child.pid}/cmdline`, 'utf8').catch(() => '');
    if (line.startsWith(`${name}\0`)) return;
    await sleep(5);
  }
  throw new Error(`${name} did not start`);
}

const system = '/usr/sbin:/usr/bin:/sbin:/bin';

describe('probe', () => {
  it.each<[env: Record<string, string>, exitCode: number, state: string]>([
    [{}, 1, 'affected'],
    [{ LIBMOUNT_FORCE_MOUNT2: 'always' }, 0, 'fixed'],
  ])("tests kubelet's mount with kubelet's environment %j, not the shell's", async (env, exitCode, state) => {
    const result = await onNode({ env: { PATH: `${affected}:${system}`, ...env } }, ['probe', '--json']);
    expect(JSON.parse(result.stdout)).toMatchObject({
      verdict: { state },
      probe: { mount: path.join(affected, 'mount') },
    });
    expect(result.exitCode).toBe(exitCode);
  });

  it('is a usage error where no kubelet runs', async () => {
    const alone = ['--mount', '--pid', '--fork', '--mount-proc', process.execPath, program, 'probe'];
    const { exitCode, stdout, stderr } = await execa(tool('unshare'), alone, { reject: false });
    expect(stderr).toMatch(/no kubelet is running: give the mount to test with --mount PATH or --pid PID/);
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('check on a machine with a kubelet', () => {
  it('says affected, with the chain, while the mount of the shell is fine', async () => {
    const { exitCode, stdout } = await onNode({ env: { PATH: `${affected}:${system}` } }, ['check']);
    expect(stdout).toMatch(/^affected: .* does not bind a file or a directory/);
    expect(stdout).toMatch(/-> kubelet of kubernetes, pid \d+/);
    expect(stdout).toContain(`-> PATH ${affected} (the system)`);
    expect(stdout).toMatch(/this shell's mount is .*, kubelet's is .*says nothing about kubelet/);
    expect(exitCode).toBe(1);
  });

  it.each<[fix: string, env: () => Promise<Record<string, string>>, says: RegExp]>([
    ['its PATH', async () => ({ PATH: `${system}:${affected}` }), /^not affected|^fixed/],
    [
      'the environment variable',
      async () => ({ PATH: `${affected}:${system}`, LIBMOUNT_FORCE_MOUNT2: 'always' }),
      /^fixed: .* with LIBMOUNT_FORCE_MOUNT2=always/,
    ],
    [
      'a wrapper of mount',
      async () => {
        const directory = path.join(scratch, 'wrapped');
        await mkdir(directory);
        const text = `#!/bin/sh\nexport LIBMOUNT_FORCE_MOUNT2='always'\nexec "${affected}/mount" "$@"\n`;
        await writeFile(path.join(directory, 'mount'), text);
        await chmod(path.join(directory, 'mount'), 0o755);
        return { PATH: `${directory}:${system}` };
      },
      /^fixed: /,
    ],
  ])('says fixed where %s fixes it', async (_, env, says) => {
    const { exitCode, stdout } = await onNode({ env: await env() }, ['check']);
    expect(stdout).toMatch(says);
    expect(exitCode).toBe(0);
  });

  it('tells the libmount that the loader gives this mount from the one of the system', async () => {
    const directory = path.join(scratch, 'linked');
    await mkdir(directory);
    const library = path.join(directory, 'libmount.so.1');
    const source = path.join(directory, 'library.c');
    await writeFile(source, 'const char *mnt_stand_in(void) { return "2.41.0"; }\n');
    await execa(tool('gcc'), ['-shared', '-fPIC', '-Wl,-soname,libmount.so.1', '-o', library, source]);
    const main = path.join(directory, 'main.c');
    const words = 'mount from util-linux 2.41.1 (libmount %s: btrfs)\\n';
    await writeFile(
      main,
      `#include <stdio.h>\nconst char *mnt_stand_in(void);\nint main(void) { printf("${words}", mnt_stand_in()); return 32; }\n`.replace(
        'return 32',
        'return 0',
      ),
    );
    await execa(tool('gcc'), ['-o', path.join(directory, 'mount'), main, library, `-Wl,-rpath,${directory}`]);
    const env = { PATH: `${directory}:${system}` };
    const { stdout } = await onNode({ env }, ['check', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      // It mounts nothing, so that the probe cannot tell; the version that it says at run time decides.
      verdict: { state: 'affected', decidedBy: 'libmount' },
      facts: { libmount: { value: { release: '2.41' } }, utilLinux: { value: { release: '2.41.1' } } },
      node: { mount: { value: { libmount: { value: library } } } },
    });
  });

  it("takes the system's word where no kubelet is, and does not call that a proof", async () => {
    // No process of the machine is in sight.
    const alone = [
      '--mount',
      '--pid',
      '--fork',
      '--mount-proc',
      process.execPath,
      program,
      'check',
      '--json',
    ];
    const { stdout } = await execa(tool('unshare'), alone, { reject: false });
    const { verdict, facts } = JSON.parse(stdout) as {
      verdict: { decidedBy: string | null };
      facts: { probe: unknown };
    };
    expect(verdict.decidedBy).not.toBe('probe');
    expect(facts.probe).toMatchObject({
      known: false,
      reason: { code: 'no-kubelet', text: expect.stringContaining('no kubelet is running') },
    });
  });

  it('cannot tell without the right to read its environment, and says so', async () => {
    const kubelet = await standInFor('bin');
    const holder = spawn(kubelet, ['60'], { stdio: 'ignore' });
    namespace = holder;
    await startedAs(holder, kubelet);
    // A checkout may be where others cannot read.
    const copy = path.join(scratch, 'dist');
    await cp(path.dirname(program), copy, { recursive: true });
    const main = path.join(copy, path.basename(program));
    const { exitCode, stdout } = await execa(
      tool('setpriv'),
      ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, main, 'check'],
      { reject: false, cwd: '/' },
    );
    expect(stdout).toMatch(/^undetermined: .*run as root|^undetermined: several kubelets/);
    expect(exitCode).toBe(3);
  });
});

describe('generate on a machine with a kubelet', () => {
  it('writes what fits it, and says why', async () => {
    const { exitCode, stdout } = await onNode(
      { env: { PATH: `${affected}:${system}` }, directory: 'k0s/bin' },
      ['generate', '--dry-run', '--out', 'fix'],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/found on this node: distribution k0s \(kubelet, pid \d+\)/);
    expect(stdout).toMatch(/a systemd drop-in, because this is .* and not NixOS/);
    expect(stdout).toContain('k0scontroller.service.d/50-subpathfix.conf');
  });

  it('lets every one be overridden', async () => {
    const { stdout } = await onNode({ env: { PATH: `${affected}:${system}` } }, [
      'generate',
      ...['--dry-run', '--distro', 'rke2', '--role', 'agent', '--strategy', 'env', '--out', 'fix'],
    ]);
    expect(stdout).toMatch(/fix: strategy env, unit rke2-agent of rke2/);
  });
});
