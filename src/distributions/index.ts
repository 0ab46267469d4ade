/** The known distributions, by name. */
import { type Distribution, programOf } from './distribution.ts';
import * as table from './table.ts';

export type DistributionName = keyof typeof table;

/** In the order in which they are asked whether something is theirs: kubernetes takes any kubelet. */
const { kubernetes, ...others } = table;
export const distributions: Readonly<Record<DistributionName, Distribution>> = { ...others, kubernetes };

export const distributionNames = Object.keys(distributions) as [DistributionName, ...DistributionName[]];

/** The default distribution: the one in the first report of the defect. */
export const defaultDistribution: DistributionName = 'k0s';

/** Every name that a kubelet's unit has or had, without .service. */
export const kubeletUnits = Object.values(distributions).flatMap(({ units }) => units);

/** The distribution that a unit belongs to, by the program that it starts, else by its name. */
export function distributionOf(unit: { name: string; exec: string[] }): DistributionName | null {
  const program = programOf(unit.exec);
  const byProgram = distributionNames.find((name) => distributions[name].programs.includes(program));
  return byProgram ?? distributionNames.find((name) => distributions[name].units.includes(unit.name)) ?? null;
}
