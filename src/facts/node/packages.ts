/** The version of libmount in the package database of a Linux distribution. */
import type { PackagedVersion } from '../../advisory/packages.ts';
import { parseVersion } from '../../advisory/version.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import { rpmPackages } from './rpm.ts';

/** The fields of /etc/os-release. */
type Release = Readonly<Record<string, string>>;

/** What a database says: a version, and when that was built. */
interface Found {
  text: string;
  /** ms since the epoch; null if it does not say */
  builtAt: number | null;
  evidence: string;
}

/** dpkg's status file takes 10 MB on a machine with thousands of packages, rpm's database 200. */
const databaseLimit = 500_000_000;

/**
 * The package that has libmount.
 * @param release says whose package it is
 * @returns unreadable when there is a database that cannot be read, or a version that cannot
 */
export async function readPackage(host: Host, release: Release): Promise<Fact<PackagedVersion>> {
  for (const read of [fromDpkg, fromRpm, fromPacman, fromApk]) {
    const found = await read(host).catch(unreadDatabase);
    if (!found) continue;
    if ('known' in found) return found;
    const version = parseVersion(found.text);
    if (!version) return unreadable('not-understood', `${found.evidence}: ${found.text} is not a version`);
    const built = found.builtAt === null ? null : new Date(found.builtAt).toISOString().slice(0, 10);
    return known({ version, ...systemIn(release), built }, found.evidence);
  }
  return unknown('not-found', 'no libmount package in the database of dpkg, rpm, pacman or apk');
}

/** A database that is there and cannot be read hides nothing that is known otherwise. */
function unreadDatabase(error: unknown): Fact<never> {
  if (error instanceof ReadError) return unreadable('no-access', error.message);
  throw error;
}

const systemIn = (release: Release): Pick<PackagedVersion, 'system' | 'name' | 'snapshot'> => ({
  system: release['ID'] ?? null,
  name: release['NAME'] ?? release['ID'] ?? null,
  snapshot: /^\d{8}$/.test(release['VERSION_ID'] ?? '') ? (release['VERSION_ID'] ?? null) : null,
});

type Reader = (host: Host) => Promise<Found | Fact<never> | null>;

const dpkgStatus = '/var/lib/dpkg/status';

const fromDpkg: Reader = async (host) => {
  const file = dpkgStatus;
  const status = (await orNull(host.readText(file, databaseLimit), 'ENOENT')) ?? '';
  const stanza = stanzasOf(status).find(
    (text) => /^Package: libmount1$/m.test(text) && /^Status: \S+ ok installed$/m.test(text),
  );
  if (stanza === undefined) return null;
  const text = /^Version: (\S+)\n/m.exec(stanza)?.[1];
  return text === undefined ? cutOff(file) : { text, builtAt: null, evidence: `${file}, package libmount1` };
};

/** Each with its last newline: a line without one is cut off, and a version that is cut off is another version. */
const stanzasOf = (database: string): string[] => database.split(/(?<=\n)\n+/);

const cutOff = (file: string): Fact<never> =>
  unreadable('not-understood', `${file} ends in the middle of what it says of libmount`);

/** Where rpm keeps its database: the current place, and the one before. */
const rpmDatabases = ['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((directory) =>
  ['rpmdb.sqlite', 'Packages.db'].map((file) => `${directory}/${file}`),
);

const fromRpm: Reader = async (host) => {
  for (const file of rpmDatabases) {
    const data = await orNull(host.readHead(file, databaseLimit), 'ENOENT');
    if (data === null) continue;
    // What is in the log is not yet in the database.
    const log = await orNull(host.readHead(`${file}-wal`, 1));
    if (log && log.length > 0) return unreadable('not-understood', `${file} is being written`);
    const packages = rpmPackages(data);
    if (!packages) return unreadable('not-understood', `${file} is not understood`);
    const found = packages.find(({ name }) => name === 'libmount' || name === 'libmount1');
    if (!found) continue;
    const { name, version, release, builtAt } = found;
    return { text: `${version}-${release}`, builtAt, evidence: `${file}, package ${name}` };
  }
  return null;
};

const fromPacman: Reader = async (host) => {
  const directory = '/var/lib/pacman/local';
  const prefix = 'util-linux-libs-';
  const entries = (await orNull(host.readDirectory(directory), 'ENOENT')) ?? [];
  const entry = entries.find((name) => name.startsWith(prefix));
  return entry === undefined
    ? null
    : { text: entry.slice(prefix.length), builtAt: null, evidence: `${directory}/${entry}` };
};

const apkDatabases = ['/usr/lib/apk/db/installed', '/lib/apk/db/installed'];

/** The files that are read of all these databases. */
export const packageFiles = [
  dpkgStatus,
  ...rpmDatabases.flatMap((file) => [file, `${file}-wal`]),
  ...apkDatabases,
];

const fromApk: Reader = async (host) => {
  for (const file of apkDatabases) {
    const text = (await orNull(host.readText(file, databaseLimit), 'ENOENT')) ?? '';
    const stanza = stanzasOf(text).find((part) => /^P:libmount$/m.test(part));
    if (stanza === undefined) continue;
    const version = /^V:(\S+)\n/m.exec(stanza)?.[1];
    if (version === undefined) return cutOff(file);
    const seconds = /^t:(\d{1,12})\n/m.exec(stanza)?.[1];
    const builtAt = seconds === undefined ? null : Number(seconds) * 1000;
    return { text: version, builtAt, evidence: `${file}, package libmount` };
  }
  return null;
};

/** Directories whose programs come from packages. */
const packagedPlace = /^\/(?:usr\/)?s?bin\//;

/**
 * The package, if kubelet's mount is from it.
 * @param program the mount that is run in the end; null if that is not known
 */
export function packageOf(packaged: Fact<PackagedVersion>, program: string | null): Fact<PackagedVersion> {
  if (!packaged.known || program === null || packagedPlace.test(program)) return packaged;
  return unknown('not-applicable', `${program} is not from a package of the system`);
}
