/** The facts given on the command line. */
import { parseChannel } from '../../advisory/channel.ts';
import { parseMountVersion, parseVersion } from '../../advisory/version.ts';
import { clip } from '../../text/clip.ts';
import { type Fact, known, unreadable } from '../fact.ts';
import type { Facts } from '../facts.ts';

export interface GivenOptions {
  channel?: string | undefined;
  utilLinux?: string | undefined;
}

/** @returns only the facts that were given; one that cannot be read is unreadable, not missing */
export function givenFacts({ channel, utilLinux }: GivenOptions): Partial<Facts> {
  const facts: Partial<Facts> = {};
  if (channel !== undefined) {
    facts.channel = read(channel, parseChannel(channel), '--channel', 'is not a nixpkgs channel');
  }
  if (utilLinux !== undefined) {
    const { libmount } = parseMountVersion(utilLinux);
    facts.utilLinux = read(utilLinux, parseVersion(utilLinux), '--util-linux', 'is not a util-linux version');
    if (libmount) facts.libmount = known(libmount, '--util-linux');
  }
  return facts;
}

function read<T>(text: string, value: T | null, option: string, otherwise: string): Fact<T> {
  if (value !== null) return known(value, `${option} ${clip(text)}`);
  return unreadable('not-understood', `${option} ${JSON.stringify(clip(text))} ${otherwise}`);
}
