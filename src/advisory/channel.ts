/** Channels of nixpkgs, and which versions of util-linux they shipped. */
import type { Advisory } from './index.ts';
import { isOlder, type Standing, type Version } from './version.ts';

export interface Channel {
  name: string;
  /** the release that it follows ("25.05"), or null for a rolling one (nixos-unstable) */
  release: string | null;
}

const channelPattern =
  /^(?:(?:nixos|nixpkgs|release|staging)-)?(?:(\d\d\.(?:05|11))(?:-(?:small|darwin|aarch64))?|unstable(?:-small)?)$/;

/** Reads the name of a channel or release branch: nixos-25.05, nixos-25.05-small, nixos-unstable, 25.05. */
export function parseChannel(text: string): Channel | null {
  const match = channelPattern.exec(text.trim());
  return match ? { name: text.trim(), release: match[1] ?? null } : null;
}

/** The versions that the channel shipped; undefined for a rolling or unknown one: any. */
function shippedVersions({ release }: Channel, { nixpkgs: { channels } }: Advisory) {
  return channels.find(
    ({ releases: { from = '', to = '99' } }) => release !== null && from <= release && release <= to,
  );
}

/** Whether the channel can have shipped this version. */
export function canHaveShipped(channel: Channel, { release }: Version, advisory: Advisory): boolean {
  const { atLeast, before } = shippedVersions(channel, advisory) ?? {};
  if (atLeast !== undefined && isOlder(release, atLeast)) return false;
  return before === undefined || isOlder(release, before);
}

/**
 * The state of every version that the channel shipped.
 * @returns null if its revisions differ: then the channel alone decides nothing
 */
export function channelStanding(channel: Channel, advisory: Advisory): Standing | null {
  const { atLeast, before } = shippedVersions(channel, advisory) ?? {};
  const { ranges } = advisory.affected;
  if (before !== undefined && !ranges.some(({ introduced }) => isOlder(introduced, before)))
    return 'not-affected';
  return atLeast !== undefined && !ranges.some(({ fixed }) => isOlder(atLeast, fixed)) ? 'fixed' : null;
}
