/** Channels of nixpkgs, and which versions of util-linux they shipped. */
import type { Advisory } from './index.ts';
import { isOlder, type Standing, type Version } from './version.ts';

export interface Channel {
  name: string;
  /** the release that it follows ("25.05"), or null for a rolling one (nixos-unstable) */
  release: string | null;
  /** it was built before the release had a branch of its own: from what nixos-unstable had then */
  preview?: true;
  /** the day of the nixpkgs that it was built from, as 2025-05-22 */
  date?: string;
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

/**
 * The channel that a version of NixOS was built from.
 * @param date of its nixpkgs, as 2025-05-22; null if it is not known
 * @param pre whether the version says that it precedes the release: 25.11pre
 */
export function channelOf(release: string, date: string | null, pre: boolean): Channel | null {
  const channel = parseChannel(`nixos-${release}`);
  if (!channel) return null;
  // A release branches off at the end of the month before its own, or in it; until then this is unstable.
  const preview = pre || (date !== null && date < `20${release.replace('.', '-')}-01`);
  return {
    ...(preview ? { name: 'nixos-unstable', release, preview } : channel),
    ...(date === null ? {} : { date }),
  };
}

/** Whether the channel can have shipped this version. */
export function canHaveShipped(channel: Channel, { release }: Version, advisory: Advisory): boolean {
  const { atLeast, before } = shippedVersions(channel, advisory) ?? {};
  if (!channel.preview && atLeast !== undefined && isOlder(release, atLeast)) return false;
  return before === undefined || isOlder(release, before);
}

/**
 * The state of every version that the channel shipped, at its date if there is one.
 * @returns null if its revisions differ: then the channel alone decides nothing
 */
export function channelStanding(channel: Channel, advisory: Advisory): ChannelStanding | null {
  const dated = datedStanding(channel, advisory);
  if (dated) return dated;
  const state = channel.preview ? previewStanding(channel, advisory) : releaseStanding(channel, advisory);
  return state && { state, text: null };
}

export interface ChannelStanding {
  state: Standing;
  /** what is known of its day; null if the channel alone decided */
  text: string | null;
}

function datedStanding({ release, date, preview }: Channel, { nixpkgs }: Advisory): ChannelStanding | null {
  if (date === undefined) return null;
  const days = nixpkgs.days as Day[];
  const found = days.find(
    (day) =>
      (day.release === undefined ? preview || release === null : day.release === release && !preview) &&
      (day.from === undefined || day.from <= date) &&
      date < day.before,
  );
  return found ? { state: found.state, text: found.text } : null;
}

/** Narrows the type that TypeScript gives to JSON. */
interface Day {
  release?: string;
  from?: string;
  before: string;
  state: Standing;
  text: string;
}

function releaseStanding(channel: Channel, advisory: Advisory): Standing | null {
  const { atLeast, before } = shippedVersions(channel, advisory) ?? {};
  const { ranges } = advisory.affected;
  if (before !== undefined && !ranges.some(({ introduced }) => isOlder(introduced, before)))
    return 'not-affected';
  return atLeast !== undefined && !ranges.some(({ fixed }) => isOlder(atLeast, fixed)) ? 'fixed' : null;
}

/** Before a release there was what lies between the one before it and itself. */
function previewStanding(channel: Channel, advisory: Advisory): Standing | null {
  const own = releaseStanding(channel, advisory);
  if (own === 'not-affected') return own;
  const [year = 0, month] = (channel.release ?? '').split('.').map(Number);
  const before = month === 5 ? `${year - 1}.11` : `${year}.05`;
  const previous = parseChannel(before);
  return previous && releaseStanding(previous, advisory) === 'fixed' ? 'fixed' : null;
}
