/** What each fact says by itself, before they are weighed against each other. */

import { channelStanding } from '../advisory/channel.ts';
import { type Advisory, fixPatch } from '../advisory/index.ts';
import { standing, type Version } from '../advisory/version.ts';
import type { Known } from '../facts/fact.ts';
import type { Facts, NixpkgsPatches, Patch } from '../facts/facts.ts';
import type { Opinion } from './verdict.ts';

/** A mount that was tried says more than anything that is written about it. */
export function probeOpinion(facts: Facts, advisory: Advisory): Opinion | null {
  if (!facts.probe.known) return null;
  const { value, evidence } = facts.probe;
  if (value.state === 'affected') {
    const what = value.failed.map((kind) => `a ${kind}`).join(' and ');
    return {
      fact: 'probe',
      state: 'affected',
      because: `${value.mount} was tried, and does not bind ${what} the way kubelet needs it`,
      evidence,
    };
  }
  const system = systemVersion(facts);
  const older = system !== null && standing(system.version, advisory) === 'not-affected';
  const by = value.forceMount2 === advisory.environment.value ? ` with ${forced(advisory)}` : '';
  return {
    fact: 'probe',
    state: older ? 'not-affected' : 'fixed',
    because: `${value.mount} was tried${by}, and binds a file and a directory the way kubelet needs it`,
    evidence,
  };
}

/** The variable and its value, as one writes them. */
export function forced(advisory: Advisory): string {
  return `${advisory.environment.variable}=${advisory.environment.value}`;
}

/** The version that the system runs: libmount's, because the defect is there, else util-linux's. */
export function systemVersion(
  facts: Facts,
): { fact: 'libmount' | 'utilLinux'; version: Version; evidence: string } | null {
  for (const fact of ['libmount', 'utilLinux'] as const) {
    const of = facts[fact];
    if (of.known) return { fact, version: of.value, evidence: of.evidence };
  }
  return null;
}

/** What upstream's release of this version is. */
export function versionOpinion(
  fact: 'libmount' | 'utilLinux',
  version: Known<Version>,
  advisory: Advisory,
): Opinion {
  const state = standing(version.value, advisory);
  const name = fact === 'libmount' ? 'libmount' : 'util-linux';
  const [range] = advisory.affected.ranges;
  const because = {
    affected: `affected by version: ${name} ${version.value.release} was released with the defect`,
    fixed: `${name} ${version.value.release} has the fix, which came with ${range?.fixed}`,
    'not-affected': `${name} ${version.value.release} is older than the defect, which came with ${range?.introduced}`,
  }[state];
  return { fact, state, because, evidence: version.evidence };
}

/** What a nixpkgs says of its util-linux: the version, then the patches. */
export function patchesOpinion(patches: Known<NixpkgsPatches>, advisory: Advisory): Opinion {
  const { version, patches: listed } = patches.value;
  const opinion = (state: Opinion['state'], because: string): Opinion => ({
    fact: 'patches',
    state,
    because,
    evidence: patches.evidence,
  });
  const byVersion = standing(version, advisory);
  if (byVersion !== 'affected')
    return opinion(byVersion, versionOpinion('utilLinux', { ...patches, value: version }, advisory).because);

  const named = listed.filter((patch) => fixPatch(patch, advisory));
  const here = named.filter(({ applies }) => !applies.known || applies.value);
  const sound = here.filter(({ touchesDefect }) => !touchesDefect.known || touchesDefect.value);
  const certain = sound.find(({ applies }) => applies.known);
  if (certain)
    return opinion('fixed', `util-linux ${version.release} is built with the fix: ${describe(certain)}`);
  const conditional = sound[0];
  if (conditional && !conditional.applies.known) {
    return opinion(
      'undetermined',
      `whether ${conditional.name} is applied cannot be told: ${conditional.applies.reason}`,
    );
  }
  const hollow = here[0];
  if (hollow) {
    return opinion(
      'undetermined',
      `${hollow.name} has the name of the fix, but does not change ${advisory.sourceFile}`,
    );
  }
  const elsewhere = named[0] ? `; ${named[0].name} is not applied on Linux` : '';
  return opinion(
    'affected',
    `util-linux ${version.release} is built without the fix: it is not among the ${listed.length} patches listed${elsewhere}`,
  );
}

function describe(patch: Patch): string {
  const content = patch.touchesDefect.known ? ', its content read' : '';
  return `${patch.name}${patch.url === undefined ? '' : ` from ${patch.url}`}${content}`;
}

/** What every version that the channel shipped is; the weakest evidence there is. */
export function channelOpinion(facts: Facts, advisory: Advisory): Opinion | null {
  if (!facts.channel.known) return null;
  const { value: channel, evidence } = facts.channel;
  const state = channelStanding(channel, advisory);
  const because = {
    'not-affected': `${channel.name} never shipped a util-linux as new as the defect`,
    fixed: `${channel.name} never shipped a util-linux without the fix`,
    affected: `${channel.name} shipped nothing but affected versions`,
    unknown: `revisions of ${channel.name} differ: with the defect, with the fix as a patch, and fixed`,
  }[state ?? 'unknown'];
  return { fact: 'channel', state: state ?? 'undetermined', because, evidence };
}
