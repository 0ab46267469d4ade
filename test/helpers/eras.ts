/** The times whose modules and packages test/nix has, for each distribution, and the fixes that belong there. */
import path from 'node:path';
import type { DistributionName } from '../../src/distributions/index.ts';
import { type Case, cases, fixFor, writeCase } from './cases.ts';
import type { Row } from './nix.ts';

interface Era {
  era: string;
  /** util-linux in nixpkgs of that time */
  variant: string;
  /** the name of kubelet's unit, if it is not the role's */
  unit?: string;
}

const bare = 'bare-2.41';
const withPatches = 'with-patches';
const ofNixpkgs: Era[] = [
  { era: '2025-05', variant: bare },
  { era: '2025-05-22', variant: withPatches },
];

export const eras: Partial<Record<DistributionName, Era[]>> = {
  k0s: [
    { era: '2025-05', variant: bare },
    { era: '2025-06', variant: withPatches },
    { era: '2025-07', variant: bare },
    { era: '2026-01', variant: bare },
    { era: '2026-08', variant: bare, unit: 'k0s' },
  ],
  k3s: [...ofNixpkgs, { era: '2025-05-17', variant: bare }],
  rke2: ofNixpkgs,
  kubernetes: ofNixpkgs,
};

/** A fix in the system that it is for. */
export interface Placed extends Case, Era {
  unit: string;
  directory: string;
}

/** Every strategy × distribution × role × era, and with each answer to --package-wrapped and --gate. */
export const placed = (scratch: string): Placed[] =>
  cases
    .filter(({ strategies }) => !strategies.includes('drop-in'))
    .flatMap((tested) =>
      (eras[tested.distribution] ?? []).map((era) => {
        const { unit } = fixFor({ ...tested, ...era }).remedy.system;
        return { ...tested, ...era, unit, directory: path.join(scratch, `${tested.name}-${era.era}`) };
      }),
    );

/** Writes a fix, for evaluation. */
export async function rowOf(fix: Placed, other: Partial<Row> = {}): Promise<Row> {
  await writeCase(fix.directory, fixFor(fix).files);
  const { directory, distribution: distro, role, unit, era, variant } = fix;
  const modules = [path.join(directory, 'subpath-fix.nix'), ...(other.modules ?? [])];
  return { distro, role, unit, era, variant, ...other, modules };
}
