/**
 * Runs what was found on a machine with no more rights than it needs: for root, as a user that nothing else has. Its
 * environment reaches it alone, not the programs that start it.
 */
import type { Command, RunOptions, RunResult } from '../../host/command.ts';
import type { Host } from '../../host/host.ts';
import { missingText } from '../../host/missing.ts';
import { type Fact, known, unknown } from '../fact.ts';

/** As whom it ran: an unprivileged user of its own, the user that this program runs as, or root. */
export const rights = ['unprivileged', 'user', 'root'] as const;
export type Rights = (typeof rights)[number];

/** User ids that systemd leaves unassigned begin here (systemd, "Users, Groups, UIDs and GIDs"). */
const firstUnassigned = 0x70000000;

/** Nothing in it comes from outside: $@ is NAME=VALUE words, then --, then a program and its arguments. */
const script = `
unset PWD OLDPWD SHLVL
while [ "$1" != -- ]; do export "$1"; shift; done
shift
exec "$@"`;

/** The tools by name, each an absolute path. */
export async function findTools<Name extends string>(
  host: Host,
  names: readonly Name[],
): Promise<Fact<Record<Name, string>>> {
  const found = new Map<string, string>();
  for (const name of names) {
    const tool = await host.findTool(name);
    const needed = 'it is needed to test a mount (util-linux, coreutils)';
    if (tool.file === null) return unknown('not-found', `${missingText(name, tool)}; ${needed}`);
    found.set(name, tool.file);
  }
  return known(Object.fromEntries(found) as Record<Name, string>, 'PATH');
}

/** setpriv's options: the kernel ends it with this process, and it gains nothing by a set-user-ID program. */
export function restricted({ pid }: Host, right: Rights): string[] {
  const id = String(firstUnassigned + pid);
  const dropped = ['--reuid', id, '--regid', id, '--clear-groups', '--inh-caps=-all'];
  return [...(right === 'unprivileged' ? dropped : []), '--no-new-privs', '--pdeathsig', 'KILL'];
}

export const assignments = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);

export interface Confined {
  file: string;
  args: string[];
  /** all of it; LC_ALL=C is added */
  env: Readonly<Record<string, string>>;
  /** whether only root can change it, and what it runs */
  asRoot: boolean;
}

/**
 * Runs a program; again as root, if it may, where the unprivileged user cannot: such as below a directory that only root
 * may enter.
 */
export async function runConfined(
  host: Host,
  { file, args, env, asRoot }: Confined,
  options: RunOptions,
): Promise<RunResult> {
  const tools = await findTools(host, ['setpriv', 'sh']);
  if (!tools.known) return { exitCode: null, output: tools.reason.text, stopped: 'not started' };
  const { setpriv, sh } = tools.value;
  const runWith = (right: Rights): Promise<RunResult> => {
    const words = [...assignments({ ...env, LC_ALL: 'C' }), '--', file, ...args];
    const command: Command = {
      file: setpriv,
      args: [...restricted(host, right), sh, '-c', script, 'sh', ...words],
      env: { LC_ALL: 'C' },
      cwd: '/',
      mutates: false,
    };
    return host.run(command, options);
  };
  const result = await runWith(host.isRoot ? 'unprivileged' : 'user');
  const retry = host.isRoot && asRoot && result.exitCode !== 0 && result.stopped === null;
  return retry ? runWith('root') : result;
}
