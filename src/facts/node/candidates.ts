/** The processes that may be kubelets, and those that started them. */
import type { Process } from '../../distributions/distribution.ts';
import { isCandidate } from '../../distributions/identify.ts';
import type { ProcessEntry } from '../../host/command.ts';
import { type Host, orNull } from '../../host/host.ts';
import { parseEnviron } from './process.ts';

/** The variables that say where a process comes from (k0s; systemd.exec(5)); no others are kept. */
const kept = ['_K0S_MANAGED', 'INVOCATION_ID', 'SYSTEMD_EXEC_PID'];

/** The candidates by their command lines, with all their ancestors but the first process of the machine. */
export async function readCandidates(host: Host): Promise<Process[]> {
  const all = new Map((await host.processes()).map((entry) => [entry.pid, entry]));
  const read = new Map<number, Process>();
  let next = [...all.values()].filter(({ argv }) => isCandidate(argv));
  while (next.length > 0) {
    const found = await Promise.all(next.map((entry) => readProcessEntry(host, entry)));
    for (const process of found) read.set(process.pid, process);
    const parents = new Set(found.flatMap(({ parent }) => (parent === null || parent <= 1 ? [] : [parent])));
    next = [...parents].flatMap((pid) => (read.has(pid) ? [] : (all.get(pid) ?? [])));
  }
  return [...read.values()].sort((left, right) => left.pid - right.pid);
}

async function readProcessEntry(host: Host, { pid, argv }: ProcessEntry): Promise<Process> {
  const [stat, program, environ] = await Promise.all([
    orNull(host.readText(`/proc/${pid}/stat`, 65_536)),
    orNull(host.readLink(`/proc/${pid}/exe`)),
    orNull(host.readText(`/proc/${pid}/environ`, 4_000_000)),
  ]);
  const all = parseEnviron(environ ?? '');
  const env = Object.fromEntries(
    kept.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
  );
  return { pid, parent: parentIn(stat), argv, program, env };
}

/** Field 4 of stat; the second is in parentheses, and can contain anything (proc_pid_stat(5)). */
function parentIn(stat: string | null): number | null {
  const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return Number.isInteger(parent) ? parent : null;
}
