/** The known distributions, by name. */
import type { Distribution } from './distribution.ts';
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
