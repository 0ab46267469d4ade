/** Versions of util-linux and libmount, and what the advisory says about them. */
import compare from 'semver/functions/compare.js';
import type { Advisory } from './index.ts';

/** A release of util-linux, and the text that it was read from. */
export interface Version {
  /** as semver writes it: 2.41 is 2.41.0, 2.41-rc1 is 2.41.0-rc1 */
  semver: string;
  /** as util-linux writes it, without what a distribution adds: 2.41, 2.41-rc1, 2.41.1 */
  release: string;
  /** what was given, for reports */
  text: string;
}

export type Standing = 'not-affected' | 'affected' | 'fixed';

/**
 * Major, minor, an optional patch level and an optional release candidate, then what a distribution adds.
 * The addition begins with a digit or with a letter run that ends in one (-4, -5ubuntu3, +deb13u1, -r2,
 * -1.fc42); words such as -devel or .git name a state between releases, which no range can place.
 */
const versionPattern =
  /^(?:\d:)?v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,6}))?(?:[-~.]?rc(\d{1,3}))?((?:[-+~_][0-9a-z][0-9a-z.+~_-]*)?)$/i;
const betweenReleases =
  /devel|git|dirty|alpha|beta|pre|next|snapshot|\bg[0-9a-f]{7,}|\br\d+[.+]g?[0-9a-f]{7,}/i;

/** The words that programs and packagers put around a version. */
const wrappings = [
  /^(?:mount|umount|unshare|nsenter) from util-linux (\S+)(?: \(.*)?$/,
  /^util-linux(?:-minimal)?[ -](\S+?)(?:-(?:bin|mount|lib|login|swap|out|dev|man))?$/,
  /^libmount (\S+)$/,
];

const unwrapped = (line: string): string =>
  wrappings.reduce((bare, wrapping) => wrapping.exec(bare)?.[1] ?? bare, line);

/**
 * Reads a version of util-linux from what a program, a packager or a person wrote.
 * @returns the version, or null when the text is not the name of a release
 */
export function parseVersion(text: string): Version | null {
  const line = text.trim();
  if (line.length > 200) return null;
  const match = versionPattern.exec(unwrapped(line));
  if (!match) return null;
  const [, major, minor, patch = '0', candidate, suffix = ''] = match;
  if (betweenReleases.test(suffix)) return null;
  const [core, level] = [`${Number(major)}.${Number(minor)}`, Number(patch)];
  const rc = (separator: string): string =>
    candidate === undefined ? '' : `-rc${separator}${Number(candidate)}`;
  return {
    semver: `${core}.${level}${rc('.')}`,
    release: `${core}${level === 0 ? '' : `.${level}`}${rc('')}`,
    text: line,
  };
}

/** What a distribution calls this version of its package (2.41-5); null if it has no revision. */
export function packageVersion({ text }: Version): string | null {
  const bare = unwrapped(text).replace(/^\d:/, '');
  return versionPattern.exec(bare)?.[5] ? bare : null;
}

/**
 * Both versions in the answer of `mount --version`, for example
 * "mount from util-linux 2.41 (libmount 2.41.0: btrfs, namespaces, …)".
 */
export function parseMountVersion(text: string): { utilLinux: Version | null; libmount: Version | null } {
  const libmount = /\(libmount (\d[^\s:),]*)/.exec(text.slice(0, 1000))?.[1];
  return {
    utilLinux: parseVersion(text.split('\n', 1)[0] ?? ''),
    libmount: libmount === undefined ? null : parseVersion(libmount),
  };
}

const semverOf = (release: string): string => parseVersion(release)?.semver ?? release;

/** Whether one release of util-linux is older than another. */
export const isOlder = (release: string, than: string): boolean =>
  compare(semverOf(release), semverOf(than)) < 0;

/** The state of this release as upstream published it; a build of it may carry a patch. */
export function standing({ release }: Version, { affected: { ranges } }: Advisory): Standing {
  if (ranges.every(({ introduced }) => isOlder(release, introduced))) return 'not-affected';
  return ranges.some(({ fixed }) => isOlder(release, fixed)) ? 'affected' : 'fixed';
}

/**
 * Whether the release has the defect or its fix, but lacks the later security fixes for mount (2.41.4 and newer
 * have them).
 */
export function lacksLaterSecurityFixes(version: Version, advisory: Advisory): boolean {
  const { minimum } = advisory.laterSecurityFixes;
  return standing(version, advisory) !== 'not-affected' && isOlder(version.release, minimum);
}
