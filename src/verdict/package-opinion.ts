/** What the package of a Linux distribution says, which can have the fix without another version. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { knownBuild, systemOf, systemsLike } from '../advisory/packages.ts';
import { packageVersion, standing } from '../advisory/version.ts';
import type { Facts } from '../facts/facts.ts';
import type { Opinion } from './verdict.ts';

const has = { affected: 'has the defect', fixed: 'has the fix' };

/** @returns null if there is no package, or its version decides */
export function packageOpinion({ packaged }: Facts, advisory: Advisory): Opinion | null {
  if (!packaged.known || standing(packaged.value.version, advisory) !== 'affected') return null;
  const { evidence, value } = packaged;
  const revision = packageVersion(value.version);
  if (revision === null) return null;
  const opinion = (state: Opinion['state'], because: string): Opinion => ({
    fact: 'packaged',
    state,
    because,
    evidence,
  });
  const system = systemOf(value.system, advisory);
  const build = system && knownBuild(value, system);
  if (build) {
    const { state, text, source } = build;
    return opinion(state, `${system.name}'s util-linux ${revision} ${has[state]}: ${text} (${source})`);
  }
  // The fix is younger than the release candidates: no packager can have added it to one.
  if (value.version.release.includes('-rc')) return null;
  if (value.system !== null) {
    return opinion(
      'undetermined',
      `cannot determine whether ${value.name ?? value.system} has patched its util-linux ${revision}: nothing is known about this revision`,
    );
  }
  const candidates = systemsLike(value.version, advisory).map((candidate) => {
    const found = knownBuild({ ...value, system: candidate.id }, candidate);
    return `${candidate.name}'s ${found ? has[found.state] : 'is not known'}`;
  });
  const which = candidates.length > 0 ? `: ${candidates.join(', ')}` : '';
  return opinion(
    'undetermined',
    `cannot determine whose revision util-linux ${revision} is${which}; name the distribution with --channel, such as --channel debian`,
  );
}
