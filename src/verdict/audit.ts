/** Whether what a configuration has because of the defect is still needed, and what keeping it costs. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { isOlder, lacksLaterSecurityFixes, parseVersion } from '../advisory/version.ts';
import { distributions } from '../distributions/index.ts';
import type { OtherPackage, Sighting } from '../facts/configuration/sighting.ts';
import type { Facts } from '../facts/facts.ts';
import type { Message } from '../text/message.ts';
import { isGood } from './states.ts';
import type { Verdict } from './verdict.ts';

/** The nixpkgs that a part of a configuration is built from, as far as that is known. */
export interface JudgedNixpkgs {
  /** the lock file; null for what options say */
  lock: string | null;
  input: string | null;
  revision: string | null;
  /** the day of its commit */
  date: string | null;
  verdict: Verdict;
  facts: Facts;
}

export const auditStates = ['needed', 'can-go', 'undetermined'] as const;
export type AuditState = (typeof auditStates)[number];

export const costCodes = [
  'mass-rebuild',
  'build',
  'shadowed-path',
  'forced-path',
  'old-calls',
  'set-user-id',
  'rewritten-closure',
  'another-nixpkgs',
  'lacks-security-fixes',
  'does-not-apply',
  'does-not-evaluate',
] as const;
export type Cost = Message<(typeof costCodes)[number]>;

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
  return {
    sighting,
    ...opinion,
    costs: nixpkgs ? costsOf(sighting, nixpkgs, advisory) : costsOf(sighting, null, advisory),
  };
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
  if (isFixed) return { state: 'can-go', because: `${nixpkgsText(first)}: ${first.verdict.because}` };
  return (
    fixedByNixpkgs(sighting, first) ?? {
      state: 'needed',
      because: `${nixpkgsText(first)}: ${first.verdict.because}`,
    }
  );
}

const isDropIn = ({ file, kind }: Sighting): boolean => kind === 'generated' && file.endsWith('.conf');

/**
 * When nixpkgs fixed the package of k3s itself: in its own way, which util-linux's file does not show, and then by
 * withPatches (its pull requests 407810 and 409332).
 */
const ownWay = { from: '2025-05-17', before: '2025-05-22' };

/** What nixpkgs itself does for this distribution, though its util-linux has the defect; null if nothing. */
function fixedByNixpkgs({ distribution, kind }: Sighting, { facts, date }: JudgedNixpkgs): Opinion | null {
  const how = distribution === null ? undefined : distributions[distribution].nixpkgsFix;
  if (how === undefined || !['service-path', 'service-environment', 'distribution-package'].includes(kind))
    return null;
  if (facts.withPatches.known && facts.withPatches.value)
    return {
      state: 'can-go',
      because: `this nixpkgs gives kubelet of ${distribution} a patched util-linux itself (${facts.withPatches.evidence})`,
    };
  const isBetween = date !== null && date >= ownWay.from && date <= ownWay.before;
  return how === 'package' && isBetween
    ? undetermined(
        `nixpkgs of ${date} may patch the util-linux of ${distribution} itself, and then not twice`,
      )
    : null;
}

function costsOf(sighting: Sighting, nixpkgs: JudgedNixpkgs | null, advisory: Advisory): Cost[] {
  return [
    ...ofKind(sighting),
    ...(nixpkgs ? ofBuild(sighting, nixpkgs) : []),
    ...ofAge(sighting, nixpkgs, advisory),
  ];
}

function ofKind({ kind, isForced, distribution, name }: Sighting): Cost[] {
  switch (kind) {
    case 'overlay':
      return [
        { code: 'mass-rebuild', text: 'nearly every package is built again: no binary cache has them' },
      ];
    case 'package':
    case 'with-patches':
      return [
        { code: 'build', text: 'this util-linux is compiled where the binary cache has no such build' },
      ];
    case 'distribution-package': {
      const builds = distribution === null ? undefined : distributions[distribution].package?.builds;
      return [{ code: 'build', text: `it is built again: ${builds ?? 'the package'}` }];
    }
    case 'service-path':
      return isForced
        ? [{ code: 'forced-path', text: 'lib.mkForce drops every other package from the PATH of the unit' }]
        : [{ code: 'shadowed-path', text: "it shadows the util-linux of the unit's PATH, a newer one too" }];
    case 'service-environment':
      return name?.endsWith('PATH')
        ? [
            {
              code: 'shadowed-path',
              text: 'it replaces the PATH that the module makes, with a newer util-linux too',
            },
          ]
        : [
            {
              code: 'old-calls',
              text: "kubelet's mount makes do with mount(2) instead of newer system calls",
            },
          ];
    case 'mount-wrapper':
      return [{ code: 'set-user-id', text: 'the set-user-ID mount of the system stays at this build' }];
    case 'replace-dependencies':
      return [
        { code: 'rewritten-closure', text: 'the whole system is copied and rewritten at each rebuild' },
      ];
    case 'pinned-input':
      return [{ code: 'another-nixpkgs', text: 'a second nixpkgs is fetched and evaluated' }];
    default:
      return [];
  }
}

const has = ({ marks }: Sighting, kind: string): boolean => marks.some((mark) => mark.kind === kind);

/** What fails with this nixpkgs. */
function ofBuild(sighting: Sighting, { facts, verdict }: JudgedNixpkgs): Cost[] {
  const costs: Cost[] = [];
  if (has(sighting, 'patch') && verdict.state === 'fixed')
    costs.push({
      code: 'does-not-apply',
      text: 'its util-linux has this patch already: it does not apply twice',
    });
  if (has(sighting, 'with-patches') && facts.withPatches.known && !facts.withPatches.value)
    costs.push({ code: 'does-not-evaluate', text: 'this nixpkgs has no util-linux.withPatches any more' });
  return costs;
}

/** The later security fixes that an old util-linux lacks. */
function ofAge(sighting: Sighting, nixpkgs: JudgedNixpkgs | null, advisory: Advisory): Cost[] {
  const { minimum, releases } = advisory.laterSecurityFixes;
  const list = releases.join(', ');
  const cost = (text: string): Cost[] => [{ code: 'lacks-security-fixes', text }];
  const named = sighting.marks.find(({ kind }) => kind === 'version')?.detail;
  if (named !== undefined) {
    const given = parseVersion(named);
    return given && isOlder(given.release, minimum)
      ? cost(`util-linux ${named} is older than the later security fixes for mount (${list})`)
      : [];
  }
  if (has(sighting, 'foreign'))
    return cost(`its util-linux gets security fixes for mount (${list}) only when that pin is moved`);
  const version = nixpkgs?.facts.utilLinux;
  const isBuilt = has(sighting, 'patch') || has(sighting, 'with-patches') || has(sighting, 'named');
  return isBuilt && version?.known && lacksLaterSecurityFixes(version.value, advisory)
    ? cost(`util-linux ${version.value.release} lacks later security fixes for mount (${list})`)
    : [];
}

/** 1 where something can go, 3 where that cannot be determined or not all was read. */
export function auditExitCode(audited: readonly Audited[], isWhole: boolean): 0 | 1 | 3 {
  if (audited.some(({ state }) => state === 'can-go')) return 1;
  return audited.some(({ state }) => state === 'undetermined') || !isWhole ? 3 : 0;
}
