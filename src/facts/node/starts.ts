/** Whether a unit starts a distribution's program, or a certain process. */
import { baseName } from '../../distributions/command-line.ts';
import type { Process } from '../../distributions/distribution.ts';
import { programName } from '../../distributions/identify.ts';
import { type DistributionName, distributionNames, distributions } from '../../distributions/index.ts';
import type { Host } from '../../host/host.ts';
import { followProgram } from '../mount/chain.ts';

/** A unit's name without .service, its program and arguments. */
interface Started {
  name: string;
  exec: readonly string[];
}

/** Programs that start what their arguments say. */
const launcher = /^(?:(?:ba|da|z|k)?sh|env|snap|nice|nsenter|systemd-inhibit)$/;

/**
 * The distribution whose program a unit starts, through wrappers and launchers too. Where that cannot be seen, the one
 * that its name is of: never for a program that is another's.
 */
export async function distributionStartedBy(
  host: Host,
  { name: unit, exec }: Started,
): Promise<DistributionName | null> {
  const [program, ...args] = exec;
  if (program === undefined) return null;
  const { steps, head } = await followProgram(host, program, {});
  const launches = steps.some((step) => launcher.test(baseName(step)));
  const told = launches ? args.flatMap((arg) => arg.split(/[\s;&|]+/)) : [];
  const names = [...steps, ...told].map(programName);
  const byProgram = distributionNames.find((name) =>
    distributions[name].programs.some((each) => names.includes(each)),
  );
  if (byProgram !== undefined) return byProgram;
  const byName = distributionNames.find((name) => distributions[name].units.includes(unit));
  if (byName === undefined) return null;
  const isScript = head?.toString('latin1', 0, 2) === '#!';
  return launches || isScript || distributions[byName].roleIn(exec) !== null ? byName : null;
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
