/** Which system it is: NixOS with its channel and revision, or a distribution with its package. */
import { parseChannel } from '../../advisory/channel.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
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
  /** the version of the distribution's package, unless it is NixOS */
  packaged: Facts['utilLinux'];
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
    channel: nixos ? await readChannel(host, fields['VERSION_ID']) : otherSystem,
    revision: nixos ? await readSystemRevision(host) : otherSystem,
    packaged: nixos ? unknown('not-applicable', 'NixOS has no package database') : await readPackage(host),
  };
}

/** The channel that nix-channel follows, else that of the system's release. */
async function readChannel(host: Host, release: string | undefined): Promise<Facts['channel']> {
  for (const line of (await textOf(host, '/root/.nix-channels'))?.split('\n') ?? []) {
    const [url = '', name] = line.trim().split(/\s+/);
    const channel = name === 'nixos' ? parseChannel(url.split('/').at(-1) ?? '') : null;
    if (channel) return known(channel, '/root/.nix-channels');
  }
  const channel = release === undefined ? null : parseChannel(`nixos-${release}`);
  return channel
    ? known(channel, '/etc/os-release')
    : unknown('not-found', 'the system names no known channel');
}

/** The end of the version of a system built from a channel: 25.05.801976.5f4f306bea96. */
async function readSystemRevision(host: Host): Promise<Facts['revision']> {
  const file = '/run/current-system/nixos-version';
  const text = (await textOf(host, file))?.trim();
  if (text === undefined) return unknown('not-found', `${file} cannot be read`);
  const revision = /\.([0-9a-f]{7,40})(?:\D*)$/.exec(text)?.[1];
  return revision
    ? known(revision, file)
    : unknown('not-understood', `${file} names no revision: ${text.slice(0, 60)}`);
}
