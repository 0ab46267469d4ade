import { join } from 'node:path';
import { sleep } from '../cluster/processes.ts';
import { install } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { KUBERNETES, type NodeIndex } from './layout.ts';
import type { Configuration } from './nixos/nixos-rebuild.ts';
import { installNixos } from './nixos.ts';
import { type RunResult, SystemdNode } from './node.ts';
import { installProgram } from './program.ts';
import { pathsOf, type Variant } from './variants.ts';

const CONFIGURATION = '/etc/nixos/configuration.json';
const PROFILE = '/nix/var/nix/profiles/system';
const PROGRAM_PATH = `${KUBERNETES}:/usr/local/bin:/usr/sbin:/usr/bin`;

/** Does something to a program when its standard error says that it is there; both outputs are its own. */
const WHEN = `
pattern=$1 action=$2; shift 2
fifo=$(mktemp -u); mkfifo "$fifo"
"$@" 2>"$fifo" & pid=$!
while IFS= read -r line; do
  printf '%s\\n' "$line" >&2
  case $line in *"$pattern"*) if [ -z "$done" ]; then done=1; eval "$action"; fi ;; esac
done <"$fifo"
wait "$pid"; code=$?
rm "$fifo"
exit "$code"`;

/** Does something when a program on a terminal says that it is there. Returns when the program has ended. */
const ON_TERMINAL = `
pattern=$1 action=$2; shift 2
log=$(mktemp) code=$(mktemp)
TERM=xterm script --quiet --flush --command "exec bash /root/session.sh $code $*" "$log" >/dev/null </dev/null & terminal=$!
for _ in $(seq 1200); do
  if grep --quiet --fixed-strings -- "$pattern" "$log"; then break; fi
  sleep 0.02
done
pid=$(pgrep --full --newest main.cjs)
eval "$action"
while [ ! -s "$code" ]; do sleep 0.1; done
cat "$log"
exit "$(cat "$code")"`;

/** The shell of a login: it passes on the signal that it gets when its terminal is gone, unless $signal is empty. */
const SESSION = `
code=$1; shift
if [ -z "$signal" ]; then trap '' HUP; fi
"$@" & pid=$!
if [ -n "$signal" ]; then trap 'kill -HUP "$pid"' HUP; fi
while kill -0 "$pid" 2>/dev/null; do wait "$pid"; result=$?; done
echo "$result" >"$code"`;

/** A node that is rebuilt again and again, with the stand-in for nixos-rebuild. */
export class RebuiltNode {
  private constructor(
    readonly kubernetes: KubernetesNode,
    /** In the store: without the fix. */
    readonly first: string,
  ) {}

  static async start(index: NodeIndex, variant: Variant, storePath: boolean): Promise<RebuiltNode> {
    const node = await SystemdNode.start(index, { report: console.log });
    try {
      const kubernetes = await install(node, variant);
      await installNixos(kubernetes, { nixpkgs: 'bare-2.41', storePath });
      await installProgram(node);
      const rebuilt = new RebuiltNode(kubernetes, await node.run(['readlink', '/run/current-system']));
      await node.run(['cp', CONFIGURATION, '/root/first.json']);
      await node.writeFile('/root/left.sh', LEFT);
      await node.writeFile('/root/session.sh', SESSION);
      return rebuilt;
    } catch (error) {
      node.stop();
      throw error;
    }
  }

  get node(): SystemdNode {
    return this.kubernetes.node;
  }

  /** The configuration to build next: with the fix, or another one without it. */
  async configure(kind: 'fixed' | 'affected', more: Partial<Configuration> = {}): Promise<void> {
    const { node, kubernetes } = this;
    const { distribution, unit } = kubernetes.variant;
    if (kind === 'fixed') {
      const given = [
        '--distro',
        distribution,
        '--unit',
        unit,
        '--channel',
        'nixos-25.05',
        '--util-linux',
        '2.41',
      ];
      const how = ['--strategy', 'path', '--package-wrapped', 'no', '--force', '--out', '/etc/nixos'];
      await this.subpathfix('generate', ...given, ...how);
    } else await node.writeFile('/etc/nixos/subpath-fix.nix', '{ }\n');
    const first = JSON.parse(await node.readFile('/root/first.json')) as Configuration;
    const environment = { ...first.environment, ROUND: kind };
    await node.writeFile(CONFIGURATION, JSON.stringify({ ...first, environment, ...more }));
  }

  async subpathfix(...args: string[]): Promise<RunResult> {
    return await this.run(['subpathfix', ...args]);
  }

  /** Runs subpathfix, and a shell command when standard error says something; $pid is the program. */
  async when(pattern: string, action: string, ...args: string[]): Promise<RunResult> {
    return await this.run(['bash', '-c', WHEN, 'bash', pattern, action, 'subpathfix', ...args]);
  }

  /**
   * Runs subpathfix on a terminal, and closes that when it shows something.
   * @param signal whether the shell passes on SIGHUP
   */
  async untilClosed(pattern: string, signal: boolean, ...args: string[]): Promise<RunResult> {
    const variable = `signal=${signal ? 'HUP' : ''}`;
    const script = ['bash', '-c', ON_TERMINAL, 'bash', pattern, 'kill -KILL "$terminal"'];
    return await this.run(['env', variable, ...script, 'subpathfix', ...args]);
  }

  async run(argv: string[]): Promise<RunResult> {
    const env = { PATH: PROGRAM_PATH, KUBECONFIG: pathsOf(this.kubernetes.variant).admin };
    return await this.node.attempt(argv, { env, timeoutMs: 100_000 });
  }

  /** The system that runs, the one that boots next, and the PATH of the running kubelet. */
  async state(): Promise<{ running: string; next: string; kubelet: string | undefined }> {
    const running = await this.node.run(['readlink', '/run/current-system']);
    const next = await this.node.run(['readlink', '--canonicalize', PROFILE]);
    const pid = await this.kubernetes.kubeletPid();
    const environment = pid === undefined ? {} : await this.kubernetes.environmentOf(pid).catch(() => ({}));
    const { PATH } = environment as { PATH?: string };
    return { running, next, kubelet: PATH };
  }

  /** What is left of a run: units, processes, mounts, files and namespaces. */
  async left(): Promise<string[]> {
    const { stdout } = await this.run(['bash', '/root/left.sh']);
    return stdout.split('\n').filter(Boolean);
  }

  /** Files that name what an earlier run could not say. */
  async unsaid(): Promise<string[]> {
    const { stdout } = await this.run(['bash', '-c', 'ls /run/subpathfix/unsaid-* 2>/dev/null']);
    return stdout.split('\n').filter(Boolean);
  }

  /** Waits for what goes on without the program. */
  async untilQuiet(): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200)) {
      const units = ['subpathfix-activate', 'nixos-rebuild-switch-to-configuration', 'subpathfix-rollback'];
      const { stdout } = await this.run(['systemctl', 'is-active', ...units]);
      const { exitCode } = await this.run(['pgrep', '--full', 'main[.]cjs|[s]witch-to-configuration']);
      if (exitCode === 1 && !/^(?:active|activating)/m.test(stdout)) return;
    }
    throw new Error('something goes on');
  }

  /** Back to the first system, with nothing left of a run. */
  async reset(): Promise<void> {
    const { node, first } = this;
    await this.run(['systemctl', 'stop', 'subpathfix-rollback.timer']);
    await this.untilQuiet();
    await node.run(['nix-env', '--profile', PROFILE, '--set', first]);
    // So many restarts are more than systemd lets pass.
    const resetFailed = ['systemctl', 'reset-failed'];
    await node.run(resetFailed);
    await node.run([join(first, 'bin/switch-to-configuration'), 'switch']);
    await node.run(resetFailed);
    await node.run(['bash', '-c', 'rm -rf /run/subpathfix /tmp/subpathfix-*']);
    await this.kubernetes.untilReady();
  }
}

const LEFT = `
systemctl list-units --all --plain --no-legend 'subpathfix*' 'nixos-rebuild*'
ls /run/systemd/transient | grep -e subpathfix -e nixos-rebuild
pgrep --full --list-full 'main[.]cjs|[u]nshare|[k]ubectl|[n]ixos-rebuild|[s]witch-to-configuration'
grep subpathfix /proc/self/mountinfo
ls -d /run/subpathfix/* /tmp/subpathfix-* 2>/dev/null | grep -v /run/subpathfix/unsaid-
# One that is being deleted takes its time.
kubectl get namespaces --no-headers | grep subpathfix | grep -v Terminating`;
