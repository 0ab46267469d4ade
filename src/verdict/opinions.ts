/** What each fact says by itself, before they are weighed against each other. */
import { channelStanding } from '../advisory/channel.ts';
import { type Advisory, fixPatch } from '../advisory/index.ts';
import { standing, type Version } from '../advisory/version.ts';
import type { Known } from '../facts/fact.ts';
import type { Facts, NixpkgsPatches, Patch } from '../facts/facts.ts';
import type { State } from './states.ts';
import type { Opinion } from './verdict.ts';

type SystemVersion = Known<Version> & { fact: 'libmount' | 'utilLinux' };

/** The versions that the system runs; libmount's, where the defect is, comes first. */
export const versionsOf = ({ libmount, utilLinux }: Facts): SystemVersion[] => [
  ...(libmount.known ? [{ ...libmount, fact: 'libmount' } as const] : []),
  ...(utilLinux.known ? [{ ...utilLinux, fact: 'utilLinux' } as const] : []),
];

/** The variable and its value, as one writes them. */
export const forced = ({ environment: { variable, value } }: Advisory): string => `${variable}=${value}`;

/** A mount that was tested says more than anything that is written about it. */
export function probeOpinion(facts: Facts, advisory: Advisory): Opinion | null {
  if (!facts.probe.known) return null;
  const { evidence, value } = facts.probe;
  const { state, mount, failed, forceMount2 } = value;
  if (state === 'affected') {
    const what = failed.map((kind) => `a ${kind}`).join(' and ');
    const because = `${mount} was tested: it does not bind ${what} the way kubelet needs it`;
    return { fact: 'probe', state, because, evidence };
  }
  const [system] = versionsOf(facts);
  const older = system && standing(system.value, advisory) === 'not-affected';
  const by = forceMount2 === advisory.environment.value ? ` with ${forced(advisory)}` : '';
  const because = `${mount} was tested${by}: it binds a file and a directory the way kubelet needs it`;
  return { fact: 'probe', state: older ? 'not-affected' : state, because, evidence };
}

/** What upstream's release of this version is. */
export function versionOpinion({ fact, value, evidence }: SystemVersion, advisory: Advisory): Opinion {
  const state = standing(value, advisory);
  const name = `${fact === 'libmount' ? 'libmount' : 'util-linux'} ${value.release}`;
  const [range] = advisory.affected.ranges;
  const because = {
    affected: `${name} was released with the defect`,
    fixed: `${name} has the fix, which came with ${range?.fixed}`,
    'not-affected': `${name} is older than the defect, which came with ${range?.introduced}`,
  }[state];
  return { fact, state, because, evidence };
}

/** What a nixpkgs says of its util-linux: the version, then the patches. */
export function patchesOpinion(found: Known<NixpkgsPatches>, advisory: Advisory): Opinion {
  const { version, patches } = found.value;
  const byVersion = versionOpinion({ ...found, value: version, fact: 'utilLinux' }, advisory);
  const { evidence } = found;
  const opinion = (state: State, because: string): Opinion => ({ fact: 'patches', state, because, evidence });
  if (byVersion.state !== 'affected') return opinion(byVersion.state, byVersion.because);

  const build = `util-linux ${version.release} is built`;
  const named = patches.filter((patch) => fixPatch(patch, advisory));
  const here = named.filter(({ applies }) => !applies.known || applies.value);
  const sound = here.filter(({ touchesDefect }) => !touchesDefect.known || touchesDefect.value);
  const certain = sound.find(({ applies }) => applies.known);
  if (certain) return opinion('fixed', `${build} with the fix: ${describe(certain)}`);
  const [conditional] = sound;
  if (conditional?.applies.known === false) {
    const { name, applies } = conditional;
    return opinion('undetermined', `cannot determine whether ${name} is applied: ${applies.reason.text}`);
  }
  const [hollow] = here;
  if (hollow) {
    const because = `${hollow.name} is named like the fix, but does not change ${advisory.sourceFile}`;
    return opinion('undetermined', because);
  }
  const elsewhere = named[0] ? `; ${named[0].name} is not applied on Linux` : '';
  return opinion(
    'affected',
    `${build} without the fix: none of its ${patches.length} patches is the fix${elsewhere}`,
  );
}

function describe({ name, url, touchesDefect }: Patch): string {
  const content = touchesDefect.known ? ', its content read' : '';
  return `${name}${url === undefined ? '' : ` from ${url}`}${content}`;
}

/** What every version that the channel shipped is; the weakest evidence there is. */
export function channelOpinion({ channel }: Facts, advisory: Advisory): Opinion | null {
  if (!channel.known) return null;
  const { name } = channel.value;
  const state = channelStanding(channel.value, advisory) ?? 'undetermined';
  const because = {
    'not-affected': `${name} never shipped a util-linux as new as the defect`,
    fixed: `${name} never shipped a util-linux without the fix`,
    affected: `${name} shipped affected versions only`,
    undetermined: `revisions of ${name} differ: some have the defect, some the fix as a patch, some a fixed release`,
  }[state];
  return { fact: 'channel', state, because, evidence: channel.evidence };
}
