/**
 * A machine to attack: mount and process namespaces of its own in the user namespace of this one, a kubelet of root's,
 * and a real user who is not root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type CliResult, root, scratchParent, tool } from '../helpers/tools.ts';
import { report } from './marker.ts';

const program = path.join(root, 'dist/main.cjs');

/** What a program of the attacker's was run with. */
export interface Trace {
  /** the user id that it had, in its own user namespace */
  user: number;
  namespace: string;
  capabilities: string;
}

export class Arena {
  readonly directory = mkdtempSync(path.join(scratchParent, 'subpathfix-arena-'));
  readonly user = `subpathfix-${Math.random().toString(36).slice(2, 9)}`;
  readonly home = path.join(this.directory, 'home');
  readonly marker = path.join(this.home, 'marker');
  /** a directory of the attacker's with a mount that works, and says where it runs */
  readonly evil = path.join(this.home, 'evil');
  /** the attacker's library, which says where it is loaded */
  readonly library = path.join(this.evil, 'libevil.so');
  /** a directory of root's with a program of kubelet's name that does nothing */
  readonly bin = path.join(this.directory, 'bin');
  readonly #started: ChildProcess[] = [];
  #init = 0;

  static async start(): Promise<Arena> {
    const arena = new Arena();
    chmodSync(arena.directory, 0o755);
    users('useradd', '--create-home', '--home-dir', arena.home, arena.user);
    chmodSync(arena.home, 0o755);
    writeFileSync(arena.marker, '');
    chmodSync(arena.marker, 0o666);
    mkdirSync(arena.bin);
    copyFileSync(tool('sleep'), arena.file('bin/kubelet'));
    mkdirSync(arena.evil);
    await arena.#compile();
    execFileSync(tool('chown'), ['-R', arena.user, arena.evil]);
    const alone = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', tool('sleep'), '1000'];
    const holder = spawn(tool('unshare'), alone, { stdio: 'ignore' });
    arena.#started.push(holder);
    const children = `/proc/${holder.pid}/task/${holder.pid}/children`;
    for (;;) {
      arena.#init = Number(readFileSync(children, 'utf8').trim());
      const line = arena.#init ? readFileSync(`/proc/${arena.#init}/cmdline`, 'utf8') : '';
      if (line.startsWith(tool('sleep'))) return arena;
      await sleep(5);
    }
  }

  async #compile(): Promise<void> {
    const source = this.file('evil.c');
    const run = `${report(this.marker)}
int main(int argc, char **argv) { report(); (void)argc; argv[0] = "mount"; execv("${tool('mount')}", argv); return 1; }`;
    writeFileSync(source, run);
    await execa(tool('gcc'), ['-O1', '-o', path.join(this.evil, 'mount'), source]);
    for (const name of ['sh', 'unshare', 'setpriv', 'mkdir', 'nix', 'systemctl', 'kubectl', 'stat', 'ld.so'])
      copyFileSync(path.join(this.evil, 'mount'), path.join(this.evil, name));
    writeFileSync(
      source,
      `${report(this.marker)}\n__attribute__((constructor)) static void load(void) { report(); }`,
    );
    await execa(tool('gcc'), ['-O1', '-shared', '-fPIC', '-o', this.library, source]);
  }

  file(...parts: string[]): string {
    return path.join(this.directory, ...parts);
  }

  /** Ends what was started in it; the attacker's processes too. */
  async stop(): Promise<void> {
    for (const child of this.#started.splice(0)) child.kill('SIGKILL');
    // With the first process of its namespace, the kernel ends all others.
    for (let tries = 0; tries < 200 && isThere(this.#init); tries += 1) await sleep(10);
    users('userdel', this.user);
    rmSync(this.directory, { recursive: true });
  }

  /** The id, outside, of the first process in it, which never ends. */
  get init(): number {
    return this.#init;
  }

  /** A command line that runs in it. */
  inside(...command: string[]): [string, string[]] {
    return [tool('nsenter'), ['--target', String(this.#init), '--mount', '--pid', ...command]];
  }

  /** Starts a process in it that goes on, and waits until /proc has a command line like this one. @returns its id there */
  async starts(
    command: string[],
    {
      env = {},
      as = '',
      like,
      cwd = '/',
    }: { env?: Record<string, string>; as?: string; like?: RegExp; cwd?: string } = {},
  ): Promise<number> {
    const who = as === '' ? [] : [tool('setpriv'), `--reuid=${as}`, `--regid=${as}`, '--clear-groups'];
    const clean = [
      tool('env'),
      '-i',
      `--chdir=${cwd}`,
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ];
    const [file, args] = this.inside(...who, ...clean, ...command);
    const before = new Set(await this.#processes(/./));
    this.#started.push(spawn(file, args, { stdio: 'ignore' }));
    const wanted = like ?? new RegExp(`^${command[0]}`);
    for (let tries = 0; tries < 600; tries += 1) {
      const found = (await this.#processes(wanted)).find((pid) => !before.has(pid));
      if (found !== undefined) return found;
      await sleep(10);
    }
    throw new Error(`${command.join(' ')} did not start`);
  }

  async #processes(like: RegExp): Promise<number[]> {
    const lines =
      'for p in /proc/[0-9]*; do echo "${p#/proc/} $(tr "\\0" " " <$p/cmdline 2>/dev/null)"; done';
    const [file, args] = this.inside(tool('sh'), '-c', lines);
    const { stdout } = await execa(file, args);
    return stdout.split('\n').flatMap((line) => {
      const [, pid, text = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
      return like.test(text) ? [Number(pid)] : [];
    });
  }

  /** Runs a program in it to its end, as root. */
  async run(...command: string[]): Promise<string> {
    const [file, args] = this.inside(...command);
    return (await execa(file, args)).stdout;
  }

  /** The built program in it, as root. */
  async subpathfix(
    args: string[],
    { env = {}, through = [] }: { env?: Record<string, string>; through?: string[] } = {},
  ): Promise<CliResult> {
    const [file, words] = this.inside(...through, process.execPath, program, ...args);
    const options = { reject: false, stripFinalNewline: false, timeout: 60_000, env, cwd: '/' } as const;
    const { exitCode, stdout, stderr } = await execa(file, words, options);
    return { exitCode, stdout, stderr };
  }

  /** Kills a process in it, and waits until it is gone. */
  async kills(pid: number): Promise<void> {
    await this.run(
      tool('sh'),
      '-c',
      `kill -9 ${pid}; while [ -e /proc/${pid}/exe ]; do sleep 0.01; done 2>/dev/null`,
    );
  }

  /** Where programs of the attacker's ran, since the last question. */
  traces(): Trace[] {
    const lines = readFileSync(this.marker, 'utf8').trim().split('\n').filter(Boolean);
    writeFileSync(this.marker, '');
    return lines.map((line) => {
      const [user = '', namespace = '', capabilities = ''] = line.split(' ');
      return { user: Number(user), namespace, capabilities };
    });
  }
}

/** One at a time: each locks the list of users, and fails where it is locked. */
const users = (...command: string[]): Buffer =>
  execFileSync(tool('flock'), ['/run/lock/subpathfix-test-users', ...command], { stdio: 'pipe' });

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
