/** Whether what a configuration has because of the defect is still needed, and what keeping it costs. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { distributions } from '../distributions/index.ts';
import type { OtherPackage, Sighting } from '../facts/configuration/sighting.ts';
import { type Cost, costsOf, type JudgedNixpkgs } from './audit-costs.ts';
import { noLongerNeeded } from './obsolete.ts';
import { isGood } from './states.ts';

export const auditStates = ['needed', 'can-go', 'undetermined'] as const;
export type AuditState = (typeof auditStates)[number];

export interface Audited {
  sighting: Sighting;
  state: AuditState;
  /** why, in a sentence */
  because: string;
  costs: Cost[];
}

/** "nixpkgs (abcdef012345, 2026-01-01)" */
export const nixpkgsText = ({ input, revision, date }: Omit<JudgedNixpkgs, 'facts' | 'verdict'>): string => {
  const details = [revision?.slice(0, 12), date].filter((text) => text != null).join(', ');
  return `${input ?? 'nixpkgs'}${details === '' ? '' : ` (${details})`}`;
};

/**
 * @param all the nixpkgs that it may be built from; none if that is not known
 * @param packages what is built from another nixpkgs
 */
export function auditSighting(
  sighting: Sighting,
  all: readonly JudgedNixpkgs[],
  packages: readonly OtherPackage[],
  advisory: Advisory,
): Audited {
  const [nixpkgs] = all;
  const opinion = opinionOn(sighting, all, packages);
  return { sighting, ...opinion, costs: costsOf(sighting, nixpkgs ?? null, advisory) };
}

type Opinion = Pick<Audited, 'state' | 'because'>;

const undetermined = (because: string): Opinion => ({ state: 'undetermined', because });

function opinionOn(
  sighting: Sighting,
  all: readonly JudgedNixpkgs[],
  packages: readonly OtherPackage[],
): Opinion {
  if (isDropIn(sighting) && all.every(({ lock }) => lock !== null))
    return undetermined('it is for a system other than NixOS, whose util-linux no lock file pins');
  const [first, ...others] = all;
  if (!first)
    return undetermined(
      'no lock file pins the nixpkgs that it is for: which one it is built from is not known',
    );
  const unclear = all.find(({ verdict }) => verdict.state === 'undetermined');
  if (unclear) return undetermined(`${nixpkgsText(unclear)}: ${unclear.verdict.because}`);
  const isFixed = isGood(first.verdict.state);
  if (others.some(({ verdict }) => isGood(verdict.state) !== isFixed)) {
    const each = all.map(
      (one) => `${one.lock}: ${nixpkgsText(one)} is ${one.verdict.state.replace('-', ' ')}`,
    );
    return undetermined(`more than one nixpkgs is pinned for it, and they differ: ${each.join('; ')}`);
  }
  const other = packages.find(({ distribution }) => distribution === sighting.distribution);
  if (other && first.lock !== null && first.input !== other.input)
    return undetermined(
      `the package of services.${other.distribution} is from another nixpkgs, ${other.input} (${other.file}:${other.line})`,
    );
  if (isFixed)
    return { state: 'can-go', because: noLongerNeeded(`${nixpkgsText(first)}: ${first.verdict.because}`) };
  return (
    fixedByNixpkgs(sighting, first) ?? {
      state: 'needed',
      because: `${nixpkgsText(first)}: ${first.verdict.because}`,
    }
  );
}

const isDropIn = ({ file, kind }: Sighting): boolean => kind === 'generated' && file.endsWith('.conf');

/**
 * The days on which nixpkgs may have fixed the package of k3s itself: in its own way, which util-linux's file does not show, and then by
 * withPatches (its pull requests 407810 and 409332).
 */
const ownWay = { first: '2025-05-17', last: '2025-05-22' };

/** What nixpkgs itself does for this distribution, though its util-linux has the defect; null if nothing. */
function fixedByNixpkgs({ distribution, kind }: Sighting, { facts, date }: JudgedNixpkgs): Opinion | null {
  const how = distribution === null ? undefined : distributions[distribution].nixpkgsFix;
  if (how === undefined || !['service-path', 'service-environment', 'distribution-package'].includes(kind))
    return null;
  if (facts.withPatches.known && facts.withPatches.value)
    return {
      state: 'can-go',
      because: noLongerNeeded(
        `this nixpkgs gives kubelet of ${distribution} a patched util-linux itself (${facts.withPatches.evidence})`,
      ),
    };
  const isBetween = date !== null && date >= ownWay.first && date <= ownWay.last;
  return how === 'package' && isBetween
    ? undetermined(
        `nixpkgs of ${date} may patch the util-linux of ${distribution} itself, and then not twice`,
      )
    : null;
}

/** 1 where something can go, 3 where that cannot be determined or not all was read. */
export function auditExitCode(audited: readonly Audited[], isWhole: boolean): 0 | 1 | 3 {
  if (audited.some(({ state }) => state === 'can-go')) return 1;
  return audited.some(({ state }) => state === 'undetermined') || !isWhole ? 3 : 0;
}
