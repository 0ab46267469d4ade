/** A node with what the defect leaves behind, in a mount namespace of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { eachMount, type Mount } from '../../src/facts/leftovers/mountinfo.ts';
import { ROOT as clusterRoot } from '../cluster/layout.ts';
import { fakeHost } from './fake-host.ts';
import { type CliResult, root, tool } from './tools.ts';

const main = path.join(root, 'dist/main.cjs');

/** A whole mount table, from a host that gives it in these pieces. */
export async function mountsIn(pieces: Buffer[]): Promise<{ mounts: Mount[]; malformed: number }> {
  const readChunks = async function* () {
    yield* pieces;
  };
  const mounts: Mount[] = [];
  const malformed = await eachMount({ ...fakeHost(), readChunks }, '/mountinfo', (each) => mounts.push(each));
  return { mounts, malformed };
}

/** A process that has the source of a subPath open as its file 7, as kubelet has while it mounts. */
export interface Kubelet {
  pid: number;
  /** ends it, so that its links are stale */
  stop(): Promise<void>;
}

export class TestNode {
  readonly #started: ChildProcess[] = [];
  #inside = 0;

  private constructor(
    readonly directory: string,
    readonly kubeletRoot: string,
    /** the mount of util-linux 2.41 */
    readonly affectedMount: string,
  ) {}

  /** @param propagation of /, which systemd makes shared */
  static async start(
    scratch: string,
    affectedMount: string,
    { propagation = 'shared', kubeletRoot = 'var/lib/kubelet' } = {},
  ): Promise<TestNode> {
    const directory = await mkdtemp(path.join(scratch, 'node-'));
    const node = new TestNode(directory, path.join(directory, kubeletRoot), affectedMount);
    // What stays in the namespace stands for its kubelet: sweep asks whose mounts it sees.
    const kubelet = path.join(directory, 'kubelet');
    await copyFile(tool('sleep'), kubelet);
    // Without the mounts of a test cluster that is up, which has what is looked for here; with a /run of its own.
    const script = `! mountpoint -q ${clusterRoot} || umount -l ${clusterRoot}
      mount -t tmpfs -o mode=0755 none /run && mount --make-${propagation} / && echo ready && exec "$0" 1000`;
    const child = spawn(
      tool('unshare'),
      ['--mount', '--propagation', 'private', 'sh', '-c', script, kubelet],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    node.#started.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    node.#inside = child.pid ?? 0;
    return node;
  }

  async stop(): Promise<void> {
    for (const child of this.#started) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) {
        await new Promise((resolve) => child.once('exit', resolve));
      }
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A command line that is run in the namespace. */
  inside(...command: string[]): string[] {
    return [tool('nsenter'), '--target', String(this.#inside), '--mount', ...command];
  }

  async run(...command: string[]): Promise<string> {
    const [file = '', ...args] = this.inside(...command);
    return (await execa(file, args)).stdout;
  }

  /** The built program, in the namespace. */
  async sweep(
    args: string[] = [],
    { env = {}, as = [] }: { env?: Record<string, string>; as?: string[] } = {},
  ): Promise<CliResult> {
    const [file = '', ...rest] = this.inside(...as, process.execPath, main, 'sweep', ...args);
    const options = { reject: false, stripFinalNewline: false, timeout: 60_000, env, cwd: '/' } as const;
    const { exitCode, stdout, stderr } = await execa(file, rest, options);
    return { exitCode, stdout, stderr };
  }

  /** The built program, in the background. */
  start(env: Record<string, string>, ...args: string[]): ChildProcess {
    const [file = '', ...rest] = this.inside(process.execPath, main, 'sweep', ...args);
    const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    this.#started.push(child);
    return child;
  }

  async kubelet(): Promise<Kubelet> {
    const file = path.join(this.directory, 'source');
    await writeFile(file, 'content\n');
    const child = spawn('sh', ['-c', 'exec 7<"$0"; exec sleep 1000', file], { stdio: 'ignore' });
    this.#started.push(child);
    const { pid = 0 } = child;
    while (!(await readFile(`/proc/${pid}/cmdline`, 'utf8')).startsWith('sleep')) await sleep(5);
    const stop = async (): Promise<void> => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    };
    return { pid, stop };
  }

  container(pod: string, volume = 'config', container = 'app'): string {
    return path.join(this.kubeletRoot, 'pods', pod, 'volume-subpaths', volume, container);
  }

  /** What the affected mount makes of a file subPath. @returns where it is */
  async leftover(kubelet: Kubelet, directory: string, index = 0): Promise<string> {
    const target = await this.file(directory, index);
    const source = `/proc/${kubelet.pid}/fd/7`;
    await this.run(this.affectedMount, '--no-canonicalize', '-o', 'bind', source, target);
    return target;
  }

  /** A working mount of a subPath. */
  async sound(directory: string, index: number): Promise<string> {
    const target = await this.file(directory, index);
    const source = path.join(this.directory, 'source');
    await writeFile(source, 'content\n', { flag: 'a' });
    await this.run('mount', '--bind', source, target);
    return target;
  }

  /** A mount for a subPath whose target does not exist, and that is not of this defect. */
  async otherKind(directory: string, index: number): Promise<string> {
    const target = await this.file(directory, index);
    const files = path.join(this.directory, `other-${index}`);
    await mkdir(files);
    await this.run('mount', '-t', 'tmpfs', 'none', files);
    await this.run('ln', '-s', '/nowhere', path.join(files, 'link'));
    await this.run(this.affectedMount, '--no-canonicalize', '-o', 'bind', path.join(files, 'link'), target);
    return target;
  }

  async file(directory: string, index: number): Promise<string> {
    await mkdir(directory, { recursive: true });
    const target = path.join(directory, String(index));
    await writeFile(target, '');
    return target;
  }

  async mounts(): Promise<Mount[]> {
    return (await mountsIn([await readFile(`/proc/${this.#inside}/mountinfo`)])).mounts;
  }

  /** The mount points below the kubelet root, and the empty directories in use. */
  async mounted(): Promise<string[]> {
    const all = (await this.mounts()).map(({ mountPoint }) => mountPoint);
    return all.filter((at) => at.startsWith(this.kubeletRoot) || at.startsWith('/run/subpathfix/')).sort();
  }

  /** The empty directories of sweeps. */
  async scratchDirectories(): Promise<string[]> {
    return (await this.run('sh', '-c', 'ls /run/subpathfix 2>/dev/null || true')).split('\n').filter(Boolean);
  }

  /** A directory with a stand-in for a program, to go first in PATH. */
  async standIn(name: string, body: string): Promise<string> {
    const directory = await mkdtemp(path.join(this.directory, 'bin-'));
    await writeFile(path.join(directory, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return `${directory}:${process.env['PATH']}`;
  }
}
