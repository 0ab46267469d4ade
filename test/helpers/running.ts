/** A machine with processes, units and a systemd that answers, for fakeHost(). */
import type { Command } from '../../src/host/command.ts';
import type { Machine, Performance } from './fake-host.ts';

export interface RunningProcess {
  pid: number;
  parent?: number;
  /** words, separated by spaces */
  line: string;
  /** default: the first word */
  program?: string;
  env?: Record<string, string>;
  /** the service of its control group */
  group?: string;
}

/** What /proc has of them. */
export function proc(
  processes: readonly RunningProcess[],
): Required<Pick<Machine, 'files' | 'links' | 'processes'>> {
  const files: Record<string, string> = {
    '/proc/stat': 'cpu 0\nbtime 1750000000\n',
    '/proc/self/mountinfo': '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n',
  };
  const links: Record<string, string> = {
    '/proc/self/ns/mnt': 'mnt:[1]',
    '/proc/self/ns/user': 'user:[1]',
    '/proc/self/ns/pid': 'pid:[4026531836]',
    '/proc/1/ns/mnt': 'mnt:[1]',
  };
  for (const { pid, parent = 1, line, program, env = {}, group } of processes) {
    files[`/proc/${pid}/stat`] = `${pid} (a b) c) S ${parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0 0\n`;
    files[`/proc/${pid}/environ`] = Object.entries(env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join('');
    files[`/proc/${pid}/cgroup`] =
      `9:name=systemd:/system.slice/${group}.service\n8:pids:/system.slice/other.service\n0::/system.slice/${group}.service\n`;
    links[`/proc/${pid}/exe`] = program ?? line.split(' ')[0] ?? '';
    links[`/proc/${pid}/ns/user`] = 'user:[1]';
    files[`/proc/${pid}/status`] = 'Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n';
    links[`/proc/${pid}/ns/mnt`] = 'mnt:[1]';
    links[`/proc/${pid}/root`] = '/';
    links[`/proc/${pid}/cwd`] = '/';
  }
  return {
    files,
    links,
    processes: Object.fromEntries(processes.map(({ pid, line }) => [pid, line.split(' ')])),
  };
}

export interface ShownUnit {
  load?: string;
  active?: string;
  enabled?: string;
  mainPid?: number;
  exec?: string;
  /** further lines */
  more?: string[];
}

/** systemctl show of these units; of others it says that they are not there. */
export function systemctl(units: Record<string, ShownUnit>): (command: Command) => Performance | undefined {
  return ({ file, args }) => {
    if (file !== 'systemctl' || args[0] !== 'show') return undefined;
    if (!args.includes('--')) return { writes: ['Environment=LANG=C.UTF-8 PATH=/usr/bin\n'] };
    const blocks = args.slice(args.indexOf('--') + 1).map((name) => {
      const unit = units[name.replace(/\.service$/, '')];
      if (!unit) return `Id=${name}\nLoadState=not-found\nActiveState=inactive\nMainPID=0\n`;
      const { load = 'loaded', active = 'active', enabled = 'enabled', mainPid = 0, exec, more = [] } = unit;
      const command =
        exec === undefined
          ? []
          : [
              `ExecStart={ path=${exec.split(' ')[0]} ; argv[]=${exec} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }`,
            ];
      const lines = [`Id=${name}`, `LoadState=${load}`, `ActiveState=${active}`, `UnitFileState=${enabled}`];
      return `${[`MainPID=${mainPid}`, ...command, ...lines, ...more].join('\n')}\n`;
    });
    return { writes: [blocks.join('\n')] };
  };
}
