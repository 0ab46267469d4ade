/**
 * The verdict. Stronger evidence wins: a mount that was tested, then patches, then a version, then a channel.
 * Facts that conflict at the same strength decide nothing.
 */
import { canHaveShipped } from '../advisory/channel.ts';
import type { Advisory } from '../advisory/index.ts';
import type { Version } from '../advisory/version.ts';
import type { FactName, Facts } from '../facts/facts.ts';
import { confirmation } from './confirmation.ts';
import {
  channelOpinion,
  forced,
  patchesOpinion,
  probeOpinion,
  roleOpinion,
  versionOpinion,
  versionsOf,
} from './opinions.ts';
import { packageOpinion } from './package-opinion.ts';
import { isGood, type State } from './states.ts';
import type { Objection, Opinion, Verdict } from './verdict.ts';

/** A verdict without the evidence against it. */
type Decision = Opinion | Undecided;
type Undecided = { fact: null; state: 'undetermined'; because: string; evidence: null; between: FactName[] };

/**
 * Weighs the facts. Pure: the same facts and advisory give the same verdict.
 * @returns the state, the fact that decided, the evidence against it, and what would confirm it
 */
export function judge(facts: Facts, advisory: Advisory): Verdict {
  const decision =
    roleOpinion(facts) ??
    probeOpinion(facts, advisory) ??
    withEnvironment(onPaper(facts, advisory), facts, advisory);
  const { fact: decidedBy, state, because, evidence } = decision;
  const against = objections(decision, facts, advisory);
  const toConfirm = confirmation(decision, facts, advisory);
  return { state, decidedBy, because, evidence, against, toConfirm };
}

function undecided(because: string, between: FactName[] = []): Undecided {
  return { fact: null, state: 'undetermined', because, evidence: null, between };
}

const decided = (opinion: Opinion): Decision =>
  opinion.state === 'undetermined' ? undecided(opinion.because) : opinion;

/** The verdict without a test: from patches, version and channel. */
function onPaper(facts: Facts, advisory: Advisory): Decision {
  const { patches, utilLinux } = facts;
  const [system] = versionsOf(facts);
  if (!system && !utilLinux.known && utilLinux.unreadable) return undecided(utilLinux.reason.text);
  const byVersion = system && versionOpinion(system, advisory);

  if (patches.known) {
    const byPatches = patchesOpinion(patches, advisory);
    const { version } = patches.value;
    if (!byVersion || version.semver === system.value.semver) return decided(byPatches);
    // The patches belong to another version than the system's.
    if (sameSide(byPatches.state, byVersion.state)) return byVersion;
    return undecided(
      `conflicting evidence: the system has ${system.value.release} (${system.evidence}), ` +
        `nixpkgs has ${version.release} (${patches.evidence})`,
      ['patches', byVersion.fact],
    );
  }
  const byPackage = packageOpinion(facts, advisory);
  if (byPackage && (!system || !byVersion || isOfPackage(system.value, facts))) return decided(byPackage);
  // The version alone does not show a patch: what may list one, and cannot be read, leaves it open.
  if (byVersion?.state === 'affected' && patches.unreadable) return undecided(patches.reason.text);
  const found = byVersion ?? channelOpinion(facts, advisory);
  return found ? decided(found) : undecided(nothingKnown(facts));
}

/** Whether a version can be the package's: the same release, without its revision. */
const isOfPackage = ({ semver }: Version, { packaged }: Facts): boolean =>
  packaged.known && packaged.value.version.semver === semver;

function nothingKnown({ probe, packaged, patches, channel }: Facts): string {
  const reasons = [probe, packaged, patches, channel].flatMap((fact) =>
    !fact.known &&
    !['not-given', 'not-applicable'].includes(fact.reason.code) &&
    !(fact.reason.code === 'other-system' && !fact.unreadable)
      ? [fact.reason.text]
      : [],
  );
  return `cannot determine: ${reasons.join('; ') || 'nothing that was given says which util-linux the system has'}`;
}

/** The version that the verdict is about: the system's, else the one that nixpkgs has. */
function versionIn(facts: Facts): Version | undefined {
  const [system] = versionsOf(facts);
  return system?.value ?? (facts.patches.known ? facts.patches.value.version : undefined);
}

/**
 * LIBMOUNT_FORCE_MOUNT2=always makes libmount use mount(2), which follows the link. libmount knows it since
 * 2.39, so the version must be known before the variable can count.
 */
function withEnvironment(decision: Decision, facts: Facts, advisory: Advisory): Decision {
  const { forceMount2 } = facts;
  const version = versionIn(facts);
  if (!forceMount2.known || forceMount2.value !== advisory.environment.value) return decision;
  if (!version || isGood(decision.state)) return decision;
  const because = `${forced(advisory)} is set, which makes libmount ${version.release} bind the right file; libmount itself is not fixed`;
  return { fact: 'forceMount2', state: 'fixed', because, evidence: forceMount2.evidence };
}

/** Whether two states call for the same action; undetermined calls for none. */
const sameSide = (left: State, right: State): boolean =>
  left !== 'undetermined' && right !== 'undetermined' && isGood(left) === isGood(right);

/** Every fact that disagrees with the decision, and what may explain it. */
function objections(decision: Decision, facts: Facts, advisory: Advisory): Objection[] {
  const { patches, forceMount2 } = facts;
  const opinions = [
    patches.known ? patchesOpinion(patches, advisory) : null,
    ...versionsOf(facts).map((version) => versionOpinion(version, advisory)),
    packageOpinion(facts, advisory),
    channelOpinion(facts, advisory),
  ];
  const found = opinions.flatMap((opinion): Objection[] => {
    const text = opinion && objection(opinion, decision, facts, advisory);
    return text ? [{ fact: opinion.fact, text }] : [];
  });
  if (decision.state === 'affected' && forceMount2.known && forceMount2.value === advisory.environment.value)
    found.push({ fact: 'forceMount2', text: `${forced(advisory)} (${forceMount2.evidence}) did not help` });
  return found;
}

function objection(opinion: Opinion, decision: Decision, facts: Facts, advisory: Advisory): string | null {
  if (opinion.fact === decision.fact) return null;
  // Where nothing mounts a subPath, it does not matter what mount is like.
  if (decision.fact === 'noKubelet') return null;
  // A version that was read from the package does not speak against it.
  if (decision.fact === 'packaged' && opinion.evidence === decision.evidence) return null;
  if (decision.fact === null) return decision.between.includes(opinion.fact) ? opinion.because : null;
  const disagrees = opinion.state !== 'undetermined' && !sameSide(opinion.state, decision.state);
  if (opinion.fact === 'channel')
    return neverShipped(facts, advisory) ?? (disagrees ? opinion.because : null);
  if (disagrees) return `${opinion.because}${explanation(opinion, decision, facts, advisory)}`;
  // Patches of another version than the one that decided are worth mentioning even if both agree.
  if (opinion.fact !== 'patches' || !['utilLinux', 'libmount'].includes(decision.fact)) return null;
  return facts.patches.known
    ? `nixpkgs has another version, ${facts.patches.value.version.release} (${facts.patches.evidence})`
    : null;
}

/** A channel that never shipped the version; the version given for the system decides. */
function neverShipped(facts: Facts, advisory: Advisory): string | null {
  const { channel } = facts;
  const version = versionIn(facts);
  if (!channel.known || !version || canHaveShipped(channel.value, version, advisory)) return null;
  return `${channel.value.name} never shipped util-linux ${version.release}: the version decides, and the channel may not be this system's`;
}

/** Why a weaker fact can disagree with the one that decided. */
function explanation(opinion: Opinion, decision: Opinion, { probe }: Facts, advisory: Advisory): string {
  switch (decision.fact) {
    case 'probe':
      if (decision.state === 'affected') return '; another mount was tested, or it was built differently';
      if (probe.known && probe.value.forceMount2 === advisory.environment.value)
        return `; it works because of ${forced(advisory)}: libmount itself is not fixed`;
      return opinion.fact === 'patches'
        ? '; the tested mount was not built from it'
        : '; the tested mount has the fix as a patch, which does not change the version';
    case 'patches':
      return '; a patch does not change the version';
    case 'packaged':
      return '; the distribution added the fix, which does not change the version';
    case 'libmount':
      return '; the libmount that mount loads decides, not the mount binary';
    default:
      return '';
  }
}
