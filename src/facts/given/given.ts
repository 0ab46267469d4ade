/** The facts given on the command line. */
import type { Channel } from '../../advisory/channel.ts';
import { type Advisory, advisory } from '../../advisory/index.ts';
import { systemMarked, systemNamed } from '../../advisory/packages.ts';
import { packageVersion, parseMountVersion, parseVersion } from '../../advisory/version.ts';
import { clip } from '../../text/clip.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import type { Facts } from '../facts.ts';
import { parsePasted } from './pasted.ts';

export interface GivenOptions {
  channel?: string | undefined;
  utilLinux?: string | undefined;
}

/** @returns only the facts that were given; one that cannot be read is unreadable, not missing */
export function givenFacts({ channel, utilLinux }: GivenOptions): Partial<Facts> {
  const facts: Partial<Facts> = {};
  if (channel !== undefined) Object.assign(facts, channelFacts(channel));
  if (utilLinux !== undefined) {
    const { libmount } = parseMountVersion(utilLinux);
    facts.utilLinux = read(utilLinux, parseVersion(utilLinux), '--util-linux', 'is not a util-linux version');
    if (libmount) facts.libmount = known(libmount, '--util-linux');
    facts.packaged = packagedFact(facts.utilLinux, channel, advisory);
  }
  return facts;
}

function channelFacts(text: string): Partial<Facts> {
  const found = parsePasted(text);
  const evidence = `--channel ${clip(text)}`;
  if (!found) {
    const system = systemNamed(text, advisory);
    if (!system) return { channel: read<Channel>(text, null, '--channel', 'is not a nixpkgs channel') };
    const names = `is not a nixpkgs channel, but names ${system.name}: give the version of its package with --util-linux`;
    return { channel: unreadable('other-system', `--channel ${JSON.stringify(clip(text))} ${names}`) };
  }
  const { channel, revision } = found;
  return {
    ...(revision === null ? {} : { revision: known(revision, evidence) }),
    channel: channel
      ? known(channel, evidence)
      : unreadable('not-understood', `${evidence} is a commit: give it with --rev`),
  };
}

/** A version with a distribution's revision, and whose it is: by the revision itself, else by the channel. */
function packagedFact(
  version: Facts['utilLinux'],
  channel: string | undefined,
  about: Advisory,
): Facts['packaged'] {
  const text = version.known ? packageVersion(version.value) : null;
  if (!version.known || text === null)
    return unknown('not-applicable', 'the version has no revision of a package');
  const system =
    systemMarked(text, about) ?? (channel === undefined ? undefined : systemNamed(channel, about));
  return known(
    {
      version: version.value,
      system: system?.id ?? null,
      name: system?.name ?? null,
      snapshot: null,
      built: null,
    },
    version.evidence,
  );
}

function read<T>(text: string, value: T | null, option: string, otherwise: string): Fact<T> {
  if (value !== null) return known(value, `${option} ${clip(text)}`);
  return unreadable('not-understood', `${option} ${JSON.stringify(clip(text))} ${otherwise}`);
}
