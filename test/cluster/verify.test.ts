import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchParent } from '../helpers/tools.ts';
import { AFFECTED_MOUNT, GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { buildDetector, conditionOf } from './problem-detector.ts';
import { specimen } from './specimen.ts';
import { up } from './up.ts';

/** The way from a broken node to a proven fix, on the real cluster; nixos-rebuild alone is a stand-in. */

const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'dist/main.cjs');
const scratch = mkdtempSync(path.join(scratchParent, 'subpathfix-story-'));
chmodSync(scratch, 0o755);
const runningSystem = '/run/current-system';
const unitLink = '/etc/systemd/system/kubelet.service';

let cluster: Cluster;

beforeAll(async () => {
  for (const file of [runningSystem, unitLink]) {
    if (isThere(file))
      throw new Error(`${file} is there: this test makes a system of its own, and this machine has one`);
  }
  await buildDetector();
  cluster = await up({ mount: AFFECTED_MOUNT });
  mkdirSync(path.join(scratch, 'bin'));
  symlinkSync(path.join(root, 'test/stand-in/nixos-rebuild.mjs'), path.join(scratch, 'bin/nixos-rebuild'));
  mkdirSync(path.dirname(unitLink), { recursive: true });
  // The system that runs at first: the stand-in's own build of the affected one.
  mkdirSync(path.join(scratch, 'before/etc/systemd/system'), { recursive: true });
  mkdirSync(path.join(scratch, 'before/bin'));
  const unit = path.join(scratch, 'before/etc/systemd/system/kubelet.service');
  writeFileSync(
    unit,
    `[Service]\nEnvironment="PATH=${AFFECTED_MOUNT}:/usr/sbin:/usr/bin:/sbin:/bin"\nExecStart=/usr/bin/kubelet\n`,
  );
  const activate = path.join(scratch, 'before/bin/switch-to-configuration');
  const restart = [...restartCommand(), AFFECTED_MOUNT].map((word) => `'${word}'`).join(' ');
  writeFileSync(
    activate,
    `#!/bin/sh\nset -e\nln -sfn ${scratch}/before ${runningSystem}\nln -sfn ${unit} ${unitLink}\nexec ${restart}\n`,
  );
  chmodSync(activate, 0o755);
  symlinkSync(path.join(scratch, 'before'), runningSystem);
  symlinkSync(unit, unitLink);
});

afterAll(async () => {
  await cluster?.down();
  for (const file of [runningSystem, unitLink]) {
    if (isThere(file) && readlinkSync(file).startsWith(scratch)) rmSync(file);
  }
  rmSync(scratch, { recursive: true, force: true });
});

const isThere = (file: string): boolean =>
  existsSync(file) || lstatSync(file, { throwIfNoEntry: false }) !== undefined;

const restartCommand = (): string[] => [
  process.execPath,
  path.join(root, 'node_modules/tsx/dist/cli.mjs'),
  path.join(root, 'test/cluster/cli.ts'),
  'kubelet',
  '--mount',
];

/** Runs the built program as the administrator of the node does. */
async function subpathfix(...args: string[]) {
  const { exitCode, stdout, stderr } = await execa('node', [program, ...args], {
    reject: false,
    cwd: scratch,
    timeout: 100_000,
    env: {
      PATH: `${scratch}/bin:${cluster.bin}:${process.env['PATH']}`,
      KUBECONFIG: cluster.adminKubeconfig,
      KUBECACHEDIR: path.join(scratch, 'kube-cache'),
    },
  });
  return { exitCode, stdout, stderr };
}

/** The configuration that the stand-in builds; `patched` is the directory that stands for the patched package. */
function configuration(name: string, patched: string): string {
  const file = path.join(scratch, name);
  writeFileSync(
    file,
    JSON.stringify({
      directory: path.join(scratch, 'fix'),
      distro: 'kubernetes',
      unit: 'kubelet',
      variant: 'bare-2.41',
      stores: { 'fix-mount-regression': patched, 'util-linux-2\\.41': AFFECTED_MOUNT },
      restart: restartCommand(),
    }),
  );
  return file;
}

async function untilPod(says: (text: string) => boolean, seconds: number): Promise<string> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const text = await cluster.kubectl(['get', 'pods', '-n', 'mine', '-o', 'json']);
    if (says(text)) return text;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${text.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

describe('from a broken node to a proven fix', () => {
  it('a pod of the user is broken, and check says that it is this', async () => {
    await cluster.kubectl(['create', '-f', '-'], specimen('mine'));
    await untilPod((text) => /CreateContainer(Config)?Error/.test(text), 60);
    const { exitCode, stdout } = await subpathfix('check');
    expect(stdout).toMatch(/^affected: .* does not bind a file or a directory/);
    expect(stdout).toMatch(/-> unit kubelet\n +-> kubelet of kubernetes/);
    expect(exitCode).toBe(1);
  });

  it('node-problem-detector gives its node a condition that says so', async () => {
    expect(await conditionOf(cluster, scratch, 'True')).toMatchObject({
      reason: 'UtilLinuxMountDefect',
      message: 'kubelet cannot mount subPath volumes: run subpathfix check on this node',
    });
  });

  it('generate writes the fix for it', async () => {
    const { exitCode, stdout } = await subpathfix('generate', '--strategy', 'path', '--out', 'fix');
    expect(stdout).toMatch(/strategy path, unit kubelet of kubernetes/);
    expect(exitCode).toBe(0);
  });

  it('a fix that does not work is stopped by the gate, and nothing is switched', async () => {
    const file = configuration('wrong.json', AFFECTED_MOUNT);
    const { exitCode, stdout } = await subpathfix(
      'verify',
      '--rebuild',
      'test',
      '--file',
      file,
      '--timeout',
      '40',
    );
    expect(stdout).toMatch(
      /^the defect is still there: test the mount that the new system would give kubelet: kubelet of the new system/,
    );
    expect(stdout).toContain('nothing was switched');
    expect(exitCode).toBe(4);
    expect(readlinkSync(runningSystem)).toBe(path.join(scratch, 'before'));
  });

  it('forced past the gate it is caught, and --rollback brings the system before back', async () => {
    const file = configuration('wrong.json', AFFECTED_MOUNT);
    const args = [
      '--rebuild',
      'test',
      '--file',
      file,
      '--skip',
      'gate,kubelet,probe',
      '--rollback',
      '--timeout',
      '40',
    ];
    const { exitCode, stdout } = await subpathfix('verify', ...args);
    expect(stdout).toMatch(/affected +run a pod with subPaths/);
    expect(stdout).toMatch(/rolled back/);
    expect(exitCode).toBe(4);
    expect(readlinkSync(runningSystem)).toBe(path.join(scratch, 'before'));
  });

  it('a configuration that does not evaluate fails the build', async () => {
    const wrong = path.join(scratch, 'unit.json');
    const { stdout: text } = await execa('cat', [configuration('right.json', GOOD_MOUNT)]);
    writeFileSync(wrong, text.replace('"unit":"kubelet"', '"unit":"another"'));
    const { exitCode, stdout } = await subpathfix(
      'verify',
      '--rebuild',
      'test',
      '--file',
      wrong,
      '--skip',
      'smoke',
    );
    expect(stdout).toMatch(/^failed: build the new system/);
    expect(exitCode).toBe(4);
  });

  it('the right fix passes every phase, and is proven', async () => {
    const file = configuration('right.json', GOOD_MOUNT);
    const { exitCode, stdout, stderr } = await subpathfix(
      'verify',
      '--rebuild',
      'test',
      '--file',
      file,
      '--timeout',
      '60',
    );
    // The pod of the user was hit before.
    expect(stdout, stderr).toMatch(/^fixed(, and proven|; 1 pod is held by leftovers: mine\/specimen-\w+): /);
    for (const title of [
      'build the new system',
      'test the mount that the new system would give kubelet',
      'nixos-rebuild test',
      'inspect the running kubelet',
      'test its mount',
      'run a pod with subPaths',
    ]) {
      expect(stdout).toMatch(new RegExp(`passed +${title}`));
    }
    expect(stdout).toMatch(/(held by mounts that the defect made|no mount of the defect is left)/);
    expect(stderr).toContain('would restart the following units: kubelet.service');
    expect(exitCode).toBe(0);
    process.stdout.write(`\n${stderr}${stdout}\n`);
  });

  it('node-problem-detector takes the condition back', async () => {
    expect(await conditionOf(cluster, scratch, 'False')).toMatchObject({
      reason: 'SubPathMountTested',
      message: 'kubelet can mount subPath volumes',
    });
  });

  it("sweep removes what is left, and the user's pod runs", async () => {
    const listed = await subpathfix('sweep');
    expect(listed.exitCode).toBe(1);
    const { exitCode, stdout } = await subpathfix('sweep', '--apply');
    expect(exitCode, stdout).toBe(0);
    const running = (text: string): boolean => {
      const [pod] = (
        JSON.parse(text) as { items: { status: { containerStatuses?: { ready: boolean }[] } }[] }
      ).items;
      return pod?.status.containerStatuses?.every(({ ready }) => ready) ?? false;
    };
    await untilPod(running, 120);
    expect((await subpathfix('sweep')).exitCode).toBe(0);
  });

  it('a node that got well is verified after a manual rebuild, without a rebuild', async () => {
    const { exitCode, stdout } = await subpathfix('verify', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { state: 'proven' },
      smoke: { state: 'fixed', removed: true },
    });
    expect(exitCode).toBe(0);
    const namespaces = () => cluster.kubectl(['get', 'namespaces', '-o', 'name']);
    await expect.poll(namespaces, { timeout: 20_000, interval: 500 }).not.toContain('subpathfix');
  });

  it('--dry-run prints each command and object, and does nothing', async () => {
    const file = configuration('right.json', GOOD_MOUNT);
    const { exitCode, stdout } = await subpathfix(
      'verify',
      '--rebuild',
      'switch',
      '--file',
      file,
      '--dry-run',
    );
    expect(exitCode).toBe(0);
    // This machine has no systemd, and this nixos-rebuild does not know --store-path.
    expect(stdout).toMatch(
      /^nixos-rebuild build -f \S+right\.json\n.*dry-activate\nnix-env --profile \S+ --set \.\/result\n\.\/result\/bin\/switch-to-configuration switch\n/,
    );
    expect(stdout).toContain('kubectl');
  });
});
