/** The processes that may be kubelets, those that started them, and those that only pretend to be. */
import type { Process } from '../../distributions/distribution.ts';
import { isCandidate, programName } from '../../distributions/identify.ts';
import type { ProcessEntry } from '../../host/command.ts';
import { type Host, orNull } from '../../host/host.ts';
import { parseEnviron } from './process.ts';
import { type Refusal, standingOf } from './standing.ts';

/** The variables that say where a process comes from (k0s; systemd.exec(5)); no others are kept. */
const kept = ['_K0S_MANAGED', 'INVOCATION_ID', 'SYSTEMD_EXEC_PID'];

/** A process that goes by the name of a kubelet or of what starts one, and is not believed. */
export interface Refused {
  process: Process;
  refusal: Refusal;
}

export interface Candidates {
  /** with their ancestors but the first process of the machine, as far as those are believed too */
  processes: Process[];
  refused: Refused[];
}

/** A system that was given has no programs of processes, only what they were told. */
const programOf = (host: Host, { program, argv }: ProcessEntry): string =>
  program ?? (host.live ? '' : (argv[0] ?? ''));

export async function readCandidates(host: Host): Promise<Candidates> {
  const all = new Map((await host.processes()).map((entry) => [entry.pid, entry]));
  const read = new Map<number, Process>();
  const refused = new Map<number, Refused>();
  let next = [...all.values()].filter(
    (entry) => isCandidate(programOf(host, entry)) || isCandidate(entry.argv[0] ?? ''),
  );
  const named = new Set(next);
  while (next.length > 0) {
    const found = await Promise.all(next.map((entry) => readEntry(host, entry, named.has(entry))));
    for (const { process, refusal } of found) {
      read.set(process.pid, process);
      if (refusal) refused.set(process.pid, { process, refusal });
    }
    // What started a stranger says nothing about kubelet.
    const parents = new Set(
      found.flatMap(({ process: { parent }, refusal }) =>
        refusal || parent === null || parent <= 1 ? [] : [parent],
      ),
    );
    next = [...parents].flatMap((pid) => (read.has(pid) ? [] : (all.get(pid) ?? [])));
  }
  const pids = new Set([...named].map(({ pid }) => pid));
  const sorted = [...read.values()].sort((left, right) => left.pid - right.pid);
  return {
    processes: sorted.filter(({ pid }) => !refused.has(pid)),
    refused: sorted.flatMap(({ pid }) => (pids.has(pid) ? (refused.get(pid) ?? []) : [])).filter(isThere),
  };
}

const isThere = ({ refusal }: Refused): boolean => refusal.code !== 'ended';

/** @param named it goes by a name that is looked for, so that it has to run that program */
async function readEntry(
  host: Host,
  entry: ProcessEntry,
  named: boolean,
): Promise<{ process: Process; refusal: Refusal | null }> {
  const { pid, argv } = entry;
  const { started, parent, refusal: refused } = await standingOf(host, pid);
  const program = programOf(host, entry);
  const other = named && entry.program !== null && !isCandidate(program);
  const refusal = refused ?? (other ? otherProgram(entry.program ?? '') : null);
  const all = refusal
    ? {}
    : parseEnviron((await orNull(host.readText(`/proc/${pid}/environ`, 4_000_000))) ?? '');
  const env = Object.fromEntries(
    kept.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])),
  );
  // Without the right to see it, all there is to go by is a name that proves nothing.
  return { process: { pid, parent, argv, program: program || (argv[0] ?? ''), started, env }, refusal };
}

const otherProgram = (program: string): Refusal => ({
  code: 'other-program',
  text: `runs ${program}`,
});

/** What it calls itself. */
export const calledName = ({ argv, program }: Process): string => programName(argv[0] ?? program ?? '');
