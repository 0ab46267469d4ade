/** What each fact says on its own, before they are weighed. */
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

/** The variable and its value, as in a shell. */
export const forced = ({ environment: { variable, value } }: Advisory): string => `${variable}=${value}`;

/** Without a kubelet, nothing makes the mounts that the defect breaks. */
export const roleOpinion = ({ noKubelet }: Facts): Opinion | null =>
  noKubelet.known
    ? { fact: 'noKubelet', state: 'not-affected', because: noKubelet.value, evidence: noKubelet.evidence }
    : null;

/** A tested mount outweighs anything that is written about it. */
export function probeOpinion(facts: Facts, advisory: Advisory): Opinion | null {
  if (!facts.probe.known) return null;
  const { evidence, value } = facts.probe;
  const { state, mount, failed, forceMount2 } = value;
  if (state === 'affected') {
    const what = failed.map((kind) => `a ${kind}`).join(' or ');
    const because = `${mount} was tested: it does not bind ${what} the way kubelet needs`;
    return { fact: 'probe', state, because, evidence };
  }
  const [system] = versionsOf(facts);
  const older = system && standing(system.value, advisory) === 'not-affected';
  const by = forceMount2 === advisory.environment.value ? ` with ${forced(advisory)}` : '';
  const because = `${mount} was tested${by}: it binds a file and a directory the way kubelet needs`;
  return { fact: 'probe', state: older ? 'not-affected' : state, because, evidence };
}

/** The state of this version as upstream released it. */
export function versionOpinion({ fact, value, evidence }: SystemVersion, advisory: Advisory): Opinion {
  const state = standing(value, advisory);
  const name = `${fact === 'libmount' ? 'libmount' : 'util-linux'} ${value.release}`;
  const [range] = advisory.affected.ranges;
  const because = {
    affected: `${name} was released with the defect`,
    fixed: `${name} has the fix, first released in ${range?.fixed}`,
    'not-affected': `${name} is older than the defect, first released in ${range?.introduced}`,
  }[state];
  return { fact, state, because, evidence };
}

/** What a nixpkgs says about its util-linux: the version, then the patches. */
export function patchesOpinion(found: Known<NixpkgsPatches>, advisory: Advisory): Opinion {
  const { version } = found.value;
  const byVersion = versionOpinion({ ...found, value: version, fact: 'utilLinux' }, advisory);
  const { evidence } = found;
  const opinion = (state: State, because: string): Opinion => ({ fact: 'patches', state, because, evidence });
  if (byVersion.state === 'not-affected') return opinion(byVersion.state, byVersion.because);

  const patches = found.value.patches.filter(mayApply);
  const named = patches.filter((patch) => fixPatch(patch, advisory));
  const undone = named.find(({ reverts }) => reverts);
  if (undone)
    return opinion('undetermined', `${undone.name} takes the fix out of util-linux instead of adding it`);
  if (byVersion.state === 'fixed') return opinion(byVersion.state, byVersion.because);

  const build = `util-linux ${version.release} is built`;
  const certain = named.find((patch) => patch.applies.known && isPlausible(patch));
  if (certain) return opinion('fixed', `${build} with the fix: ${describe(certain)}`);
  const doubt = doubtAbout(named, patches, advisory);
  if (doubt !== null) return opinion('undetermined', doubt);
  const elsewhere = found.value.patches.find((patch) => fixPatch(patch, advisory));
  const count = found.value.patches.length;
  return opinion(
    'affected',
    `${build} without the fix: none of its ${count} patches is the fix${elsewhere ? `; ${elsewhere.name} is not applied on Linux` : ''}`,
  );
}

const mayApply = ({ applies }: Patch): boolean => !applies.known || applies.value;

/** A patch with the fix's name is taken for the fix unless its content, or how it is fetched, speaks against it. */
const isPlausible = ({ touchesDefect }: Patch): boolean =>
  touchesDefect.known ? touchesDefect.value : touchesDefect.reason.code !== 'not-understood';

/** Why it cannot be determined whether one of the patches is the fix; null if none is. */
function doubtAbout(named: Patch[], patches: Patch[], advisory: Advisory): string | null {
  const conditional = named.find(isPlausible);
  if (conditional?.applies.known === false) {
    const { name, applies } = conditional;
    return `cannot determine whether ${name} is applied: ${applies.reason.text}`;
  }
  const [misnamed] = named;
  if (misnamed) {
    const { name, touchesDefect } = misnamed;
    return touchesDefect.known
      ? `${name} is named like the fix, but does not change ${advisory.sourceFile}`
      : `cannot determine whether ${name} is the fix: ${touchesDefect.reason.text}`;
  }
  const unclear = patches.find(({ unread }) => unread);
  if (unclear?.touchesDefect.known === false) {
    return `cannot determine whether the fix is among its patches: ${unclear.touchesDefect.reason.text}`;
  }
  const without = patches.find((patch) => patch.reverts && introduces(patch, advisory));
  return without ? `cannot determine what ${without.name} does: it takes the defect's commit out` : null;
}

const introduces = ({ name, url = '' }: Patch, { commits }: Advisory): boolean =>
  commits.introduced.some(({ id }) => `${name} ${url}`.includes(id));

function describe({ name, url, touchesDefect }: Patch): string {
  const content = touchesDefect.known ? ', content checked' : '';
  return `${name}${url === undefined ? '' : ` from ${url}`}${content}`;
}

/** The state of every version that the channel shipped: the weakest evidence. */
export function channelOpinion({ channel }: Facts, advisory: Advisory): Opinion | null {
  if (!channel.known) return null;
  const { date, release, preview } = channel.value;
  const name = preview ? `${channel.value.name} before ${release}` : channel.value.name;
  const standing = channelStanding(channel.value, advisory);
  const state = standing?.state ?? 'undetermined';
  const because = {
    'not-affected': `${name} never shipped a util-linux as new as the defect`,
    fixed: `${name} never shipped a util-linux without the fix`,
    affected: `${name} shipped affected versions only`,
    undetermined: `revisions of ${name} differ: some have the defect, some the fix as a patch, some a fixed release`,
  }[state];
  const { evidence } = channel;
  if (standing?.text == null) return { fact: 'channel', state, because, evidence };
  return { fact: 'channel', state, because: `nixpkgs of ${date} is ${standing.text}`, evidence };
}
