import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { checkPrerequisites, NODE_PREREQUISITES, program, SYSTEM_PATH } from '../cluster/prerequisites.ts';
import { identify, isAlive, type ProcessId, sleep, tail } from '../cluster/processes.ts';
import { boot, ENTER } from './boot.ts';
import { clean, endWithProcess } from './clean.ts';
import { baseDisk } from './disk.ts';
import { groupsOf, initOf } from './groups.ts';
import { type NodeIndex, type Place, placeOf } from './layout.ts';

/** Makes a file of its standard input, which may be a socket. */
const PUT = 'mkdir -p "$(dirname "$1")" && rm -f "$1" && cat >"$1" && chmod "$2" "$1"';

/** What a program on the node finds in its environment: that of a root shell. */
const ENVIRONMENT = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
};

export interface StartOptions {
  /** Leave the node running when this process ends. */
  keep?: boolean;
  /** Told what takes long. */
  report?: (line: string) => void;
}

export interface RunOptions {
  input?: string;
  /** A file of this machine, for its standard input. */
  inputFile?: string;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

export interface RunResult {
  /** Undefined where a signal ended it. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/**
 * A machine with a systemd of its own, Debian's, as PID 1 of a container: there can be several, each told by its
 * index, and it can have been started by another process.
 */
export class SystemdNode {
  readonly place: Place;

  constructor(readonly index: NodeIndex) {
    this.place = placeOf(index);
  }

  /**
   * Starts a fresh node, and returns when its systemd has started all. What a dead predecessor has left is removed
   * first. Unless it is to be kept, the node ends with this process; after SIGKILL, at once, but for its directory
   * and control groups, which the next start removes.
   * Throws where a program is missing, the disk cannot be made, the node is in use, or systemd does not come up; then
   * nothing is left of it.
   */
  static async start(
    index: NodeIndex,
    { keep = false, report = () => {} }: StartOptions = {},
  ): Promise<SystemdNode> {
    checkPrerequisites(NODE_PREREQUISITES);
    const disk = await baseDisk(report);
    const node = new SystemdNode(index);
    const { place } = node;
    if (inUse(place)) throw new Error(`${place.name} is up: end it first`);
    clean(place);
    mkdirSync(place.root, { recursive: true });
    writeFileSync(place.starter, JSON.stringify({ keep, starter: identify(process.pid) }));
    if (!keep) endWithProcess(place);
    try {
      await execa('cp', ['--sparse=always', '--reflink=auto', disk, place.disk]);
      await node.#untilBooted(boot(place, keep));
    } catch (error) {
      clean(place);
      throw error;
    }
    return node;
  }

  /** PID 1 of the node, by its number on this machine. Throws where the node is not up. */
  get pid(): number {
    const pid = initOf(this.place);
    if (pid === undefined) throw new Error(`${this.place.name} is not up`);
    return pid;
  }

  /** Runs a program on the node, as root, and returns what it prints. Throws where it fails, with its errors. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(argv, options);
    if (exitCode === 0) return stdout;
    throw new Error(`${this.place.name}: ${argv.join(' ')}: exit ${exitCode}\n${stderr}${stdout}`);
  }

  /** Runs a program on the node, as root; it may fail. */
  async attempt(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { input, inputFile, env = {}, timeoutMs = 120_000 } = options;
    const { exitCode, stdout, stderr } = await execa(...this.entering(argv, env), {
      env: this.groupsEnvironment(),
      extendEnv: false,
      reject: false,
      timeout: timeoutMs,
      ...(inputFile !== undefined ? { inputFile } : input !== undefined ? { input } : { stdin: 'ignore' }),
    });
    return { exitCode, stdout, stderr };
  }

  /** The command of this machine that runs one of the node's, with groupsEnvironment() as its environment. */
  entering(argv: readonly string[], env: Readonly<Record<string, string>> = {}): [string, string[]] {
    const variables = Object.entries({ ...ENVIRONMENT, ...env }).map(([name, value]) => `${name}=${value}`);
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
    const nsenter = [program('nsenter'), `--target=${this.pid}`, ...namespaces, '--', '/usr/bin/env', '-i'];
    return ['/bin/sh', ['-c', ENTER, 'sh', ...nsenter, ...variables, ...argv]];
  }

  groupsEnvironment(): Record<string, string> {
    return { PATH: SYSTEM_PATH, GROUPS: groupsOf(this.place).join(' ') };
  }

  /** Writes a file of the node, in the place of one that may be there, and the directories above it. */
  async writeFile(path: string, content: string, mode = 0o644): Promise<void> {
    await this.run(['sh', '-c', PUT, 'sh', path, mode.toString(8)], { input: content });
  }

  async readFile(path: string): Promise<string> {
    return await this.run(['cat', path]);
  }

  /** Copies a file of this machine to the node. */
  async copy(from: string, to: string, mode = 0o755): Promise<void> {
    await this.run(['sh', '-c', PUT, 'sh', to, mode.toString(8)], { inputFile: from });
  }

  /** Copies a directory of this machine to the node, with what is in it. */
  async copyDirectory(from: string, to: string): Promise<void> {
    await this.run(['mkdir', '-p', to]);
    const archive = execa('tar', ['--create', '--owner=0', '--group=0', '--directory', from, '.'], {
      encoding: 'buffer',
    });
    const [file, args] = this.entering(['tar', '--extract', '--directory', to]);
    await archive.pipe(file, args, { env: this.groupsEnvironment(), extendEnv: false });
  }

  /** The node's journal since its boot, of a unit or of all. */
  async journal(unit?: string): Promise<string> {
    return await this.run(['journalctl', '--no-pager', ...(unit === undefined ? [] : ['--unit', unit])]);
  }

  /** Ends the node and removes all its traces. Throws where something stays. */
  stop(): void {
    clean(this.place);
  }

  async #untilBooted(container: ChildProcess): Promise<void> {
    let state = 'no systemd';
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
      if (container.exitCode !== null || container.signalCode !== null) break;
      if (initOf(this.place) === undefined) continue;
      const { stdout, stderr } = await this.attempt(['systemctl', 'is-system-running']);
      state = stdout || stderr;
      if (state === 'running') return;
      if (state === 'degraded') break;
    }
    const units = await this.attempt(['systemctl', '--failed', '--no-pager']).catch(() => ({ stdout: '' }));
    throw new Error(
      `${this.place.name} does not come up: ${state}\n${units.stdout}\n${tail(this.place.log)}`,
    );
  }
}

/** Whether somebody still has use for the node: its starter lives, or has left it running. */
export function inUse(place: Place): boolean {
  try {
    const { keep, starter } = JSON.parse(readFileSync(place.starter, 'utf8')) as {
      keep: boolean;
      starter: ProcessId;
    };
    return isAlive(starter) || (keep && initOf(place) !== undefined);
  } catch {
    return false;
  }
}
