/** Which system it is: NixOS with its channel and revision, or a distribution with its package. */
import { channelOf, channelStanding } from '../../advisory/channel.ts';
import { advisory } from '../../advisory/index.ts';
import type { PackagedVersion } from '../../advisory/packages.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
import { parsePasted } from '../given/pasted.ts';
import { parseEnvironmentFile } from './environment-file.ts';
import { readPackage } from './packages.ts';

export interface OperatingSystem {
  nixos: boolean;
  /** "NixOS 25.05", "Debian GNU/Linux 13" */
  name: string;
  /** ms since the epoch when the running generation was activated; null elsewhere */
  activatedAt: number | null;
}

interface SystemFacts extends Pick<Facts, 'channel' | 'revision'> {
  os: Fact<OperatingSystem>;
  /** the distribution's package, unless it is NixOS */
  packaged: Fact<PackagedVersion>;
}

const textOf = (host: Host, file: string): Promise<string | null> => orNull(host.readText(file, 1_000_000));

export async function readSystem(host: Host): Promise<SystemFacts> {
  const release = (await textOf(host, '/etc/os-release')) ?? (await textOf(host, '/usr/lib/os-release'));
  const fields = parseEnvironmentFile(release ?? '');
  const nixos = fields['ID'] === 'nixos';
  const name = fields['PRETTY_NAME'] ?? fields['NAME'];
  const activatedAt = nixos ? await orNull(host.changedAt('/run/current-system')) : null;
  const otherSystem = unknown('other-system', 'this is not NixOS');
  return {
    os:
      name === undefined
        ? unknown('not-found', '/etc/os-release does not say which system this is')
        : known({ nixos, name, activatedAt }, '/etc/os-release'),
    ...(nixos ? await readNixos(host, fields) : { channel: otherSystem, revision: otherSystem }),
    packaged: nixos
      ? unknown('not-applicable', 'NixOS has no package database')
      : await readPackage(host, fields),
  };
}

/** The versions that NixOS says of itself, the running one first: each names the release, and how it was built. */
async function readNixos(
  host: Host,
  fields: Readonly<Record<string, string>>,
): Promise<Pick<Facts, 'channel' | 'revision'>> {
  const file = '/run/current-system/nixos-version';
  const versions = [
    [file, (await textOf(host, file))?.trim()],
    ['BUILD_ID in /etc/os-release', fields['BUILD_ID']],
  ] as const;
  const read = versions.flatMap(([evidence, text]) => {
    const found = text === undefined ? null : parsePasted(text);
    return found ? [{ evidence, ...found }] : [];
  });
  const channel = read.find((found) => found.channel);
  const revision = read.find((found) => found.revision);
  return {
    channel: channel?.channel
      ? known(channel.channel, channel.evidence)
      : await readRelease(host, fields['VERSION_ID']),
    revision: revision?.revision
      ? known(revision.revision, revision.evidence)
      : unknown('not-found', `neither ${file} nor BUILD_ID in /etc/os-release names a revision`),
  };
}

/**
 * The release alone: it does not say whether the system is from before its branch, when unstable had that name.
 * Then what nix-channel follows is next: the next system is built from it.
 */
async function readRelease(host: Host, release: string | undefined): Promise<Facts['channel']> {
  const channel = release === undefined ? null : channelOf(release, null, false);
  const preview = release === undefined ? null : channelOf(release, null, true);
  const standings = [channel, preview].map((either) => either && channelStanding(either, advisory)?.state);
  if (channel && standings[0] === standings[1]) return known(channel, 'VERSION_ID in /etc/os-release');
  const file = '/root/.nix-channels';
  const lines = (await textOf(host, file))?.split('\n') ?? [];
  const followed = parsePasted(lines.map(nameFirst).join('\n'))?.channel;
  if (followed) return known(followed, file);
  return channel
    ? unknown(
        'inconclusive',
        `${channel.name} was the name of nixos-unstable before; nothing says which this is`,
      )
    : unknown('not-found', 'the system names no known channel');
}

/** "URL NAME", as the file has it, the way nix-channel prints it. */
const nameFirst = (line: string): string => line.trim().split(/\s+/).reverse().join(' ');
