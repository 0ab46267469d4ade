/** What a file has to contain for it to be parsed: a look at its text is a thousand times faster. */
import type { Advisory } from '../../advisory/index.ts';
import { distributionNames, distributions } from '../../distributions/index.ts';

/** The attributes that nixpkgs has or had util-linux under (pkgs/top-level/all-packages.nix, aliases.nix). */
export const utilLinuxNames: readonly string[] = [
  'util-linux',
  'util-linuxMinimal',
  'utillinux',
  'utillinuxMinimal',
];

/** The unit's distribution; undefined for a unit that runs no kubelet. */
export const distributionOfUnit = (unit: string) =>
  distributionNames.find((name) => distributions[name].units.includes(unit));

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A pattern that finds any of the words in a text. */
export const anyOf = (words: Iterable<string>): RegExp => new RegExp([...words].map(escaped).join('|'));

/** Commits as people abbreviate them. */
const shortest = 8;

/** The names of the fix, with its commits as short as people write them. */
export const fixNames = ({ patch, commits }: Advisory): string[] => [
  ...patch.names.filter((name) => !/^[0-9a-f]+$/.test(name)),
  ...commits.fixes.map(({ id }) => id.slice(0, shortest)),
];

/** The words of a file that can have something to find. */
export const fileWords = (advisory: Advisory): string[] => [
  ...['util-linux', 'utillinux', 'withPatches', 'subpathfix', 'subpath-fix', 'security.wrappers'],
  ...['KUBELET_PATH', advisory.environment.variable, ...fixNames(advisory)],
  ...distributionNames.flatMap((name) => distributions[name].units),
];
