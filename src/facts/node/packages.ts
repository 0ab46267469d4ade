/** The version of libmount in the package database of a Linux distribution. */
import { parseVersion } from '../../advisory/version.ts';
import { type Host, orNull } from '../../host/host.ts';
import { known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';

type Packaged = Facts['utilLinux'];

/** dpkg's status file takes 10 MB on a machine with thousands of packages. */
const statusLimit = 100_000_000;

/** The package that has libmount, in the database of dpkg or pacman. */
export async function readPackage(host: Host): Promise<Packaged> {
  return (
    (await fromDpkg(host)) ??
    (await fromPacman(host)) ??
    unknown('not-found', 'no libmount package in the database of dpkg or pacman')
  );
}

async function fromDpkg(host: Host): Promise<Packaged | null> {
  const file = '/var/lib/dpkg/status';
  const status = `\n\n${(await orNull(host.readText(file, statusLimit))) ?? ''}`;
  // Not split: a file of nothing but newlines would fill the memory.
  const start = status.indexOf('\n\nPackage: libmount1\n');
  const stanza = start < 0 ? '' : (status.slice(start + 2, start + 65_536).split('\n\n', 1)[0] ?? '');
  const parsed = parseVersion(/^Version: (\S+)/m.exec(stanza)?.[1] ?? '');
  return parsed && known(parsed, `${file}, package libmount1`);
}

async function fromPacman(host: Host): Promise<Packaged | null> {
  const directory = '/var/lib/pacman/local';
  const prefix = 'util-linux-libs-';
  for (const entry of (await orNull(host.readDirectory(directory))) ?? []) {
    const parsed = entry.startsWith(prefix) ? parseVersion(entry.slice(prefix.length)) : null;
    if (parsed) return known(parsed, `${directory}/${entry}`);
  }
  return null;
}
