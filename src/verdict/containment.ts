/** Whether a util-linux contains a commit, from its file in nixpkgs: never from dates. */
import compare from 'semver/functions/compare.js';
import { type Advisory, fixPatch } from '../advisory/index.ts';
import { parseVersion, type Version } from '../advisory/version.ts';
import type { Facts } from '../facts/facts.ts';
import type { ChannelStatus } from '../report/status/schema.ts';
import type { Verdict } from './verdict.ts';

type Containment = NonNullable<ChannelStatus['fix']>;

/**
 * @param commit hexadecimal, at least 7 digits
 * @returns contained: null where the first release of the commit is not known, and no patch names it
 */
export function containsFix(commit: string, facts: Facts, verdict: Verdict, advisory: Advisory): Containment {
  const { utilLinux, patches } = facts;
  if (!utilLinux.known || !patches.known) return { contained: null, because: verdict.because };
  const version = utilLinux.value;
  const isFix = advisory.commits.fixes.some(({ id }) => id.startsWith(commit));
  if (isFix && verdict.state === 'undetermined') return { contained: null, because: verdict.because };

  const named = patches.value.patches.find(({ name, url = '', applies }) => {
    const mentions = [name, url].some((text) => mentionsCommit(text, commit));
    return (mentions || (isFix && fixPatch({ name, url }, advisory))) && !(applies.known && !applies.value);
  });
  if (named && (!isFix || verdict.state === 'fixed')) {
    const certain = named.applies.known;
    return {
      contained: certain ? true : null,
      because: certain ? `as the patch ${named.name}` : `whether ${named.name} is applied cannot be told`,
    };
  }
  // A fix and its cherry-pick are one change: either's release has it.
  const commits = isFix
    ? advisory.commits.fixes
    : advisory.commits.introduced.filter(({ id }) => id.startsWith(commit) || commit.startsWith(id));
  if (commits.length === 0) {
    return {
      contained: null,
      because: `the first release with ${commit} is not known, and no patch names it`,
    };
  }
  const found = commits.find(({ firstRelease }) => isSince(version, firstRelease));
  if (found) {
    return {
      contained: true,
      because: `util-linux ${version.release} has ${found.id.slice(0, 12)}, first released in ${found.firstRelease}`,
    };
  }
  const releases = commits.map(({ firstRelease }) => firstRelease).join(' and ');
  return {
    contained: false,
    because: `util-linux ${version.release} is older than ${releases}, and no patch brings it`,
  };
}

/** A commit is written with as many digits as one likes. */
function mentionsCommit(text: string, commit: string): boolean {
  const ids: string[] = text.match(/[0-9a-f]{7,40}/g) ?? [];
  return ids.some((id) => id.startsWith(commit) || commit.startsWith(id));
}

/** Candidates of a release have what the release has, as far as these commits go. */
function isSince(version: Version, release: string): boolean {
  const first = parseVersion(release);
  const core = version.semver.split('-', 1)[0] ?? version.semver;
  return first !== null && compare(core, first.semver) >= 0;
}
