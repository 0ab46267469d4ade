/** What keeping a fix costs. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { isOlder, lacksLaterSecurityFixes, parseVersion } from '../advisory/version.ts';
import { distributions } from '../distributions/index.ts';
import type { Sighting } from '../facts/configuration/sighting.ts';
import type { Facts } from '../facts/facts.ts';
import type { Message } from '../text/message.ts';
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

/** @param nixpkgs null if it is not known */
export function costsOf(sighting: Sighting, nixpkgs: JudgedNixpkgs | null, advisory: Advisory): Cost[] {
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
