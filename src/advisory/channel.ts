/** Channels of nixpkgs, and which versions of util-linux they shipped. */
import subset from 'semver/ranges/subset.js';
import type { Advisory } from './index.ts';
import { affectedRange, inRange, type Standing, type Version } from './version.ts';

export interface Channel {
  name: string;
  /** the release that it follows ("25.05"), or null for one that rolls (nixos-unstable) */
  release: string | null;
}

const channelPattern =
  /^(?:(?:nixos|nixpkgs|release|staging)-)?(?:(\d\d\.(?:05|11))(?:-(?:small|darwin|aarch64))?|unstable(?:-small)?)$/;

/** Reads the name of a channel or release branch: nixos-25.05, nixos-25.05-small, nixos-unstable, 25.05. */
export function parseChannel(text: string): Channel | null {
  const match = channelPattern.exec(text.trim());
  return match ? { name: text.trim(), release: match[1] ?? null } : null;
}

/** The versions that a release's channel shipped, as a semver range; null where any is possible. */
function shippedVersions(channel: Channel, advisory: Advisory): string | null {
  const { release } = channel;
  if (release === null) return null;
  const entry = advisory.nixpkgs.channels.find(
    ({ releases }) =>
      (releases.from === undefined || releases.from <= release) &&
      (releases.to === undefined || release <= releases.to),
  );
  return entry?.versions ?? null;
}

/** Whether the channel can have shipped this version. A rolling channel can have shipped any. */
export function canHaveShipped(channel: Channel, version: Version, advisory: Advisory): boolean {
  const range = shippedVersions(channel, advisory);
  return range === null || inRange(version, range);
}

/**
 * What every version that the channel shipped is.
 * @returns null where its revisions differ, so that the channel alone decides nothing
 */
export function channelStanding(channel: Channel, advisory: Advisory): Standing | null {
  const shipped = shippedVersions(channel, advisory);
  if (shipped === null) return null;
  const { introduced, fixed } = affectedRange(advisory);
  const options = { includePrerelease: true };
  if (subset(shipped, `<${introduced.semver}`, options)) return 'not-affected';
  return subset(shipped, `>=${fixed.semver}`, options) ? 'fixed' : null;
}
