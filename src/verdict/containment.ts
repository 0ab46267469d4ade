/** Whether a util-linux contains a commit, from its file in nixpkgs: never from dates. */
import { type Advisory, fixPatch } from '../advisory/index.ts';
import { isOlder } from '../advisory/version.ts';
import type { Facts, Patch } from '../facts/facts.ts';
import type { Verdict } from './verdict.ts';

export interface Containment {
  /** null if it cannot be determined */
  contained: boolean | null;
  because: string;
}

/** Commit ids may be abbreviated. */
const isSame = (commit: string, other: string): boolean =>
  commit.startsWith(other) || other.startsWith(commit);

export const isFix = (commit: string, { commits }: Advisory): boolean =>
  commits.fixes.some(({ id }) => id.startsWith(commit));

/**
 * @param commit hexadecimal, at least 7 digits
 * @returns contained: null if the first release of the commit is not known, and no patch names it
 */
export function containsFix(commit: string, facts: Facts, verdict: Verdict, advisory: Advisory): Containment {
  const { utilLinux, patches } = facts;
  const ofFix = isFix(commit, advisory);
  if (!utilLinux.known || !patches.known || (ofFix && verdict.state === 'undetermined'))
    return { contained: null, because: verdict.because };

  const adds = ({ name, url = '', applies, reverts }: Patch): boolean =>
    !reverts &&
    (mentions(`${name} ${url}`, commit) || (ofFix && fixPatch({ name, url }, advisory))) &&
    !(applies.known && !applies.value);
  const patch = patches.value.patches.find(adds);
  if (patch && (!ofFix || verdict.state === 'fixed')) {
    return patch.applies.known
      ? { contained: true, because: `as the patch ${patch.name}` }
      : { contained: null, because: `cannot determine whether ${patch.name} is applied` };
  }
  // A fix and its cherry-pick are the same change: the release of either has it.
  const { fixes, introduced } = advisory.commits;
  const commits = ofFix ? fixes : introduced.filter(({ id }) => isSame(id, commit));
  if (commits.length === 0) {
    const because = `the first release with ${commit} is not known, and no patch names it`;
    return { contained: null, because };
  }
  // A release candidate has what the release has, for these commits.
  const { release } = utilLinux.value;
  const core = release.replace(/-.*/, '');
  const found = commits.find(({ firstRelease }) => !isOlder(core, firstRelease));
  const releases = commits.map(({ firstRelease }) => firstRelease).join(' and ');
  return {
    contained: found !== undefined,
    because: found
      ? `util-linux ${release} has ${found.id.slice(0, 12)}, first released in ${found.firstRelease}`
      : `util-linux ${release} is older than ${releases}, and no patch adds it`,
  };
}

const mentions = (text: string, commit: string): boolean =>
  [...text.matchAll(/[0-9a-f]{7,40}/g)].some(([id]) => isSame(id, commit));
