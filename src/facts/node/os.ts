/** Which system it is: NixOS with its channel and revision, or a distribution with its package. */
import { parseChannel } from '../../advisory/channel.ts';
import { parseVersion } from '../../advisory/version.ts';
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
import { parseEnvironmentFile } from './unit-syntax.ts';

export interface OperatingSystem {
  nixos: boolean;
  /** "NixOS 25.05", "Debian GNU/Linux 13" */
  name: string;
  /** ms since the epoch when the running generation was activated; null elsewhere */
  activatedAt: number | null;
}

export interface SystemFacts {
  os: Fact<OperatingSystem>;
  channel: Facts['channel'];
  revision: Facts['revision'];
  /** the version of the distribution's package, where it is not NixOS */
  packaged: Facts['utilLinux'];
}

const smallFile = 1_000_000;
/** The status of all packages of Debian; 10 MB on a machine with thousands. */
const statusFile = 100_000_000;

async function textOf(host: Host, file: string, limit = smallFile): Promise<string | null> {
  try {
    return await host.readText(file, limit);
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}

export async function readSystem(host: Host): Promise<SystemFacts> {
  const release = (await textOf(host, '/etc/os-release')) ?? (await textOf(host, '/usr/lib/os-release'));
  const fields = parseEnvironmentFile(release ?? '');
  const nixos = fields['ID'] === 'nixos';
  const name = fields['PRETTY_NAME'] ?? fields['NAME'];
  const activatedAt = nixos ? await host.changedAt('/run/current-system').catch(() => null) : null;
  const os: Fact<OperatingSystem> =
    name === undefined
      ? unknown('/etc/os-release does not say which system this is')
      : known({ nixos, name, activatedAt }, '/etc/os-release');
  return {
    os,
    channel: nixos ? await readChannel(host, fields['VERSION_ID']) : unknown('this is not NixOS'),
    revision: nixos ? await readSystemRevision(host) : unknown('this is not NixOS'),
    packaged: nixos ? unknown('NixOS has no package database') : await readPackage(host),
  };
}

/** The channel that nix-channel follows, else the release that the system says it is. */
async function readChannel(host: Host, release: string | undefined): Promise<Facts['channel']> {
  for (const line of (await textOf(host, '/root/.nix-channels'))?.split('\n') ?? []) {
    const [url = '', name] = line.trim().split(/\s+/);
    const channel = name === 'nixos' ? parseChannel(url.split('/').at(-1) ?? '') : null;
    if (channel) return known(channel, '/root/.nix-channels');
  }
  const channel = release === undefined ? null : parseChannel(`nixos-${release}`);
  return channel ? known(channel, '/etc/os-release') : unknown('the system names no channel that is known');
}

/** The end of the version of a system built from a channel: 25.05.801976.5f4f306bea96. */
async function readSystemRevision(host: Host): Promise<Facts['revision']> {
  const file = '/run/current-system/nixos-version';
  const text = (await textOf(host, file))?.trim();
  if (text === undefined) return unknown(`${file} cannot be read`);
  const revision = /\.([0-9a-f]{7,40})(?:\D*)$/.exec(text)?.[1];
  return revision ? known(revision, file) : unknown(`${file} names no revision: ${text.slice(0, 60)}`);
}

/** The package that has libmount, in the database of dpkg or pacman. */
async function readPackage(host: Host): Promise<Facts['utilLinux']> {
  const dpkg = '/var/lib/dpkg/status';
  const status = await textOf(host, dpkg, statusFile);
  const stanza = status === null ? -1 : `\n${status}`.indexOf('\nPackage: libmount1\n');
  if (status !== null && stanza >= 0) {
    const version = /\nVersion: (\S+)/.exec(status.slice(stanza, stanza + 4000))?.[1];
    const parsed = version ? parseVersion(version) : null;
    if (parsed) return known(parsed, `${dpkg}, package libmount1`);
  }
  const pacman = '/var/lib/pacman/local';
  for (const entry of await host.readDirectory(pacman).catch(() => [])) {
    const parsed = entry.startsWith('util-linux-libs-')
      ? parseVersion(entry.slice('util-linux-libs-'.length))
      : null;
    if (parsed) return known(parsed, `${pacman}/${entry}`);
  }
  return unknown('no package database that is known has it');
}
