/** Whether a unit starts a distribution's program, or a certain process. */
import { baseName } from '../../distributions/command-line.ts';
import type { Process } from '../../distributions/distribution.ts';
import { type DistributionName, distributionNames, distributions } from '../../distributions/index.ts';
import type { Host } from '../../host/host.ts';
import { followProgram } from '../mount/chain.ts';

/** A unit's name without .service, its program and arguments. */
interface Started {
  name: string;
  exec: readonly string[];
}

/** The distribution whose program a unit starts, through wrappers and shells too; else the one that its name is of. */
export async function distributionStartedBy(host: Host, unit: Started): Promise<DistributionName | null> {
  if (unit.exec.length === 0) return null;
  const names = await programsOf(host, unit);
  const byProgram = distributionNames.find((name) =>
    distributions[name].programs.some((each) => names.has(each)),
  );
  return byProgram ?? distributionNames.find((name) => distributions[name].units.includes(unit.name)) ?? null;
}

/** The names of the program and what it leads to, and of what a shell is told to start. */
async function programsOf(host: Host, { exec }: Pick<Started, 'exec'>): Promise<Set<string>> {
  const [program = '', ...args] = exec;
  const { steps } = await followProgram(host, program, {});
  const told = /^(?:ba|da|z|k)?sh$|^env$/.test(baseName(program))
    ? args.flatMap((arg) => arg.split(/[\s;&|]+/))
    : [];
  return new Set([...steps, ...told].map(baseName));
}

/** Whether a process is what a unit's program became: the program itself, or what it leads to. */
export async function isStartedBy(
  host: Host,
  { argv, program }: Process,
  unit: Pick<Started, 'exec'>,
): Promise<boolean> {
  const { steps } = await followProgram(host, unit.exec[0] ?? '', {});
  return steps.some((step) => step === argv[0] || step === program);
}
