/** What is known about the packages of Linux distributions, which change util-linux but not its version. */
import type { Advisory } from './index.ts';
import { packageVersion, type Version } from './version.ts';

/** A version as a distribution packages it. */
export interface PackagedVersion {
  /** with the distribution's revision in its text */
  version: Version;
  /** as ID in /etc/os-release; null if it is not known whose revision it is */
  system: string | null;
  /** the name of the system, for people */
  name: string | null;
  /** VERSION_ID of a system whose snapshots are released as a whole */
  snapshot: string | null;
  /** the day of the build, as 2025-04-01 */
  built: string | null;
}

type System = Advisory['packages']['systems'][number];

interface Range {
  from?: string | undefined;
  before?: string | undefined;
}

/** Narrows the types that TypeScript gives to JSON, where each build has another set of fields. */
interface Build {
  revisions?: Range;
  snapshots?: Range;
  built?: Range;
  state: 'affected' | 'fixed';
  text: string;
  source: string;
}

export const systemOf = (id: string | null, { packages }: Advisory): System | undefined =>
  packages.systems.find((system) => system.id === id);

/** The system that a name stands for, as people write it: debian, debian-sid, trixie, ubuntu-25.10. */
export function systemNamed(text: string, { packages }: Advisory): System | undefined {
  const words = text
    .trim()
    .toLowerCase()
    .split(/[\s:/-]+/);
  const named = ({ id, releases }: System): boolean =>
    text.trim().toLowerCase().startsWith(id) || words.some((word) => (releases as string[]).includes(word));
  return packages.systems.find(named);
}

/** The system whose revision this can only be, such as Debian's 2.41-5+deb13u1. */
export function systemMarked(revision: string, { packages }: Advisory): System | undefined {
  return packages.systems.find(({ mark }) => mark !== '' && new RegExp(mark, 'u').test(revision));
}

/** The systems whose revisions look like this one. */
export function systemsLike(version: Version, { packages }: Advisory): System[] {
  const revision = packageVersion(version)?.replace(/^[^-]*-/, '') ?? '';
  return packages.systems.filter((system) => new RegExp(system.revision, 'u').test(revision));
}

/** What is known about this build; null if no table has it. */
export function knownBuild(packaged: PackagedVersion, system: System): Build | null {
  const { snapshot, built } = packaged;
  const version = packageVersion(packaged.version);
  const found = (system.builds as Build[]).find(
    (build) =>
      isIn(version, build.revisions, compareRevisions) ||
      isIn(snapshot, build.snapshots, compareText) ||
      isIn(built, build.built, compareText),
  );
  return found ?? null;
}

function isIn(
  value: string | null,
  range: Range | undefined,
  compare: (left: string, right: string) => number,
): boolean {
  if (value === null || !range) return false;
  const { from, before } = range;
  return (
    (from === undefined || compare(value, from) >= 0) && (before === undefined || compare(value, before) < 0)
  );
}

/** Orders versions as dpkg does (deb-version(7)); a tilde comes before everything, even the end. */
export function compareRevisions(left: string, right: string): number {
  const [first, second] = [split(left), split(right)];
  return compareParts(first.upstream, second.upstream) || compareParts(first.revision, second.revision);
}

function split(text: string): { upstream: string; revision: string } {
  const bare = text.replace(/^\d+:/, '');
  const at = bare.lastIndexOf('-');
  return at < 0
    ? { upstream: bare, revision: '' }
    : { upstream: bare.slice(0, at), revision: bare.slice(at + 1) };
}

function compareParts(left: string, right: string): number {
  const pieces = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [first, second] = [pieces(left), pieces(right)];
  if (/^\d/.test(left)) first.unshift('');
  if (/^\d/.test(right)) second.unshift('');
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    const [one = '', other = ''] = [first[index], second[index]];
    const order = index % 2 === 0 ? compareText(one, other) : Number(one || 0) - Number(other || 0);
    if (order !== 0) return order;
  }
  return 0;
}

function compareText(left: string, right: string): number {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = weight(left[index]) - weight(right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A tilde, then the end, then letters, then anything else. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[a-z]/i.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}
