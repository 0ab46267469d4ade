/**
 * The verdict. Stronger evidence wins: a mount that was tried, then patches, then a version, then a channel.
 * Facts that contradict each other at the same strength decide nothing.
 */
import { canHaveShipped } from '../advisory/channel.ts';
import type { Advisory } from '../advisory/index.ts';
import type { FactName, Facts } from '../facts/facts.ts';
import {
  channelOpinion,
  forced,
  patchesOpinion,
  probeOpinion,
  systemVersion,
  versionOpinion,
} from './opinions.ts';
import { settle } from './settle.ts';
import type { Objection, Opinion, State, Verdict } from './verdict.ts';

/** A verdict before it is said what speaks against it. */
type Decision = Opinion | { fact: null; state: 'undetermined'; because: string; between: FactName[] };

/**
 * Weighs the facts. Pure: the same facts and advisory give the same verdict.
 * @returns the state with the fact that decided, what speaks against it, and what would settle it
 */
export function judge(facts: Facts, advisory: Advisory): Verdict {
  const decision =
    probeOpinion(facts, advisory) ?? withEnvironment(onPaper(facts, advisory), facts, advisory);
  const verdict = {
    state: decision.state,
    decidedBy: decision.fact,
    because: decision.because,
    evidence: decision.fact === null ? null : decision.evidence,
    against: objections(decision, facts, advisory),
  };
  return { ...verdict, toSettle: settle(verdict, facts, advisory) };
}

const undecided = (because: string, between: FactName[] = []): Decision => ({
  fact: null,
  state: 'undetermined',
  because,
  between,
});

/** The verdict from what is written: patches, version, channel. */
function onPaper(facts: Facts, advisory: Advisory): Decision {
  const system = systemVersion(facts);
  if (system === null && facts.utilLinux.known === false && facts.utilLinux.unreadable) {
    return undecided(facts.utilLinux.reason);
  }
  const byVersion =
    system &&
    versionOpinion(system.fact, { known: true, value: system.version, evidence: system.evidence }, advisory);

  if (facts.patches.known) {
    const byPatches = patchesOpinion(facts.patches, advisory);
    const { version } = facts.patches.value;
    if (!byVersion || version.semver === system?.version.semver) {
      return byPatches.state === 'undetermined' ? undecided(byPatches.because) : byPatches;
    }
    // The patches are those of another version than the one that the system has.
    if (sameSide(byPatches.state, byVersion.state)) return byVersion;
    return undecided(
      `two facts contradict each other: the system has ${system?.version.release} (${system?.evidence}), ` +
        `and nixpkgs has ${version.release} (${facts.patches.evidence})`,
      ['patches', byVersion.fact],
    );
  }
  if (byVersion) return byVersion;
  const byChannel = channelOpinion(facts, advisory);
  if (byChannel) return byChannel.state === 'undetermined' ? undecided(byChannel.because) : byChannel;
  return undecided(nothingKnown(facts));
}

function nothingKnown(facts: Facts): string {
  const reasons = [facts.probe, facts.patches, facts.channel].flatMap((fact) =>
    !fact.known && fact.reason !== 'not given' ? [fact.reason] : [],
  );
  return `this cannot be told: ${reasons.join('; ')}`;
}

/**
 * LIBMOUNT_FORCE_MOUNT2=always makes libmount use mount(2), which follows the link. libmount knows it since
 * 2.39, so that a version has to be known before the variable can count.
 */
function withEnvironment(decision: Decision, facts: Facts, advisory: Advisory): Decision {
  const { forceMount2 } = facts;
  const inEffect = forceMount2.known && forceMount2.value === advisory.environment.value;
  const version = systemVersion(facts)?.version ?? (facts.patches.known ? facts.patches.value.version : null);
  if (!inEffect || version === null || isGood(decision.state)) return decision;
  return {
    fact: 'forceMount2',
    state: 'fixed',
    because: `${forced(advisory)} is in effect, with which libmount ${version.release} binds the right thing; libmount itself is not fixed`,
    evidence: forceMount2.evidence,
  };
}

const isGood = (state: State): boolean => state === 'fixed' || state === 'not-affected';

/** Whether two states ask for the same: nothing to do, or a cure. Undetermined is on no side. */
const sameSide = (one: State, other: State): boolean =>
  one !== 'undetermined' && other !== 'undetermined' && isGood(one) === isGood(other);

/** Every fact that says otherwise than the decision, with what may explain it. */
function objections(decision: Decision, facts: Facts, advisory: Advisory): Objection[] {
  const opinions: (Opinion | null)[] = [
    facts.patches.known ? patchesOpinion(facts.patches, advisory) : null,
    facts.libmount.known ? versionOpinion('libmount', facts.libmount, advisory) : null,
    facts.utilLinux.known ? versionOpinion('utilLinux', facts.utilLinux, advisory) : null,
    channelOpinion(facts, advisory),
  ];
  const found = opinions.flatMap((opinion) => {
    const text = opinion && objection(opinion, decision, facts, advisory);
    return opinion && text ? [{ fact: opinion.fact, text }] : [];
  });
  const { forceMount2 } = facts;
  if (
    decision.state === 'affected' &&
    forceMount2.known &&
    forceMount2.value === advisory.environment.value
  ) {
    found.push({ fact: 'forceMount2', text: `${forced(advisory)} (${forceMount2.evidence}) did not help` });
  }
  return found;
}

function objection(opinion: Opinion, decision: Decision, facts: Facts, advisory: Advisory): string | null {
  if (opinion.fact === decision.fact) return null;
  if (decision.fact === null) return decision.between.includes(opinion.fact) ? opinion.because : null;
  if (opinion.fact === 'channel') return mismatch(decision, opinion, facts, advisory);
  if (opinion.state === 'undetermined' || sameSide(opinion.state, decision.state)) {
    return otherVersion(opinion, decision, facts);
  }
  return `${opinion.because}${explanation(opinion, decision, facts, advisory)}`;
}

/** Patches of another version than the one that decided are worth a word even where both say the same. */
function otherVersion(opinion: Opinion, decision: Opinion, facts: Facts): string | null {
  if (opinion.fact !== 'patches' || !facts.patches.known) return null;
  if (decision.fact !== 'utilLinux' && decision.fact !== 'libmount') return null;
  return `nixpkgs has another version, ${facts.patches.value.version.release} (${facts.patches.evidence})`;
}

/** A channel that never shipped the version; the version given for the system decides. */
function mismatch(decision: Opinion, opinion: Opinion, facts: Facts, advisory: Advisory): string | null {
  if (!facts.channel.known) return null;
  const version = systemVersion(facts)?.version ?? (facts.patches.known ? facts.patches.value.version : null);
  if (version && !canHaveShipped(facts.channel.value, version, advisory)) {
    return `${facts.channel.value.name} never shipped util-linux ${version.release}: the version decides, the channel may not be this system's`;
  }
  return opinion.state === 'undetermined' || sameSide(opinion.state, decision.state) ? null : opinion.because;
}

/** Why a weaker fact can say otherwise than the one that decided. */
function explanation(opinion: Opinion, decision: Opinion, facts: Facts, advisory: Advisory): string {
  if (decision.fact === 'probe' && decision.state === 'affected') {
    return '; the mount that was tried is not that one, or not built as it says';
  }
  if (decision.fact === 'probe' && facts.probe.known) {
    if (facts.probe.value.forceMount2 === advisory.environment.value) {
      return `; ${forced(advisory)} is what makes it work, libmount itself is not fixed`;
    }
    return opinion.fact === 'patches'
      ? '; the mount that was tried is not built from it'
      : '; the mount that was tried carries the fix as a patch, which does not change the version';
  }
  if (decision.fact === 'patches') return '; the fix as a patch does not change the version';
  if (decision.fact === 'libmount') return '; the libmount that mount loads decides, not the mount binary';
  return '';
}
