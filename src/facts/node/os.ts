/** Which system it is: NixOS with its channel and revision, or a distribution with its package. */
import type { PackagedVersion } from '../../advisory/packages.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
import { parseEnvironmentFile } from './environment-file.ts';
import { parsePasted } from '../given/pasted.ts';
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
  const otherSystem = unknown('not-applicable', 'this is not NixOS');
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
    ['VERSION_ID in /etc/os-release', fields['VERSION_ID']],
  ] as const;
  const read = versions.flatMap(([evidence, text]) => {
    const found = text === undefined ? null : parsePasted(text);
    return found ? [{ evidence, ...found }] : [];
  });
  const channel = read.find((found) => found.channel);
  const revision = read.find((found) => found.revision);
  return {
    channel: channel?.channel ? known(channel.channel, channel.evidence) : await readChannels(host),
    revision: revision?.revision
      ? known(revision.revision, revision.evidence)
      : unknown('not-found', `neither ${file} nor BUILD_ID in /etc/os-release names a revision`),
  };
}

/** What nix-channel follows: the next system is built from it, if nothing says what this one was built from. */
async function readChannels(host: Host): Promise<Facts['channel']> {
  const file = '/root/.nix-channels';
  const lines = (await textOf(host, file))?.split('\n') ?? [];
  const swapped = lines.map((line) => line.trim().split(/\s+/).reverse().join(' ')).join('\n');
  const channel = parsePasted(swapped)?.channel;
  return channel ? known(channel, file) : unknown('not-found', 'the system names no known channel');
}
