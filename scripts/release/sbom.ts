/** The bill of materials: what is in the bundle, for CycloneDX. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import packageJson from '../../package.json' with { type: 'json' };
import { type Library, root } from '../bundle.ts';

/** What package-lock.json says of a package. */
interface Locked {
  version?: string;
  integrity?: string;
  license?: string;
}

/** @throws {Error} for a library that package-lock.json does not have in this version, with a license and a hash */
function component(
  { directory, name, version }: Library,
  packages: Record<string, Locked>,
): Models.Component {
  const place = directory.slice(directory.indexOf('/node_modules/') + 1);
  const { license, integrity = '', version: locked } = packages[place] ?? {};
  const [, hash] = /^sha512-(.+)$/.exec(integrity) ?? [];
  if (locked !== version || license === undefined || hash === undefined)
    throw new Error(
      `${place} ${version}: package-lock.json has no such version with a license and a SHA-512`,
    );
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const made = new Models.Component(Enums.ComponentType.Library, name, { version, purl, bomRef: purl });
  made.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(hash, 'base64').toString('hex'));
  made.licenses.add(
    / (?:OR|AND|WITH) /.test(license)
      ? new Models.LicenseExpression(license)
      : new Models.SpdxLicense(license as Models.SpdxLicense['id']),
  );
  return made;
}

/**
 * The document: the same for the same libraries, so it has no time, and its serial number is a hash.
 * @throws {Error} for a library that package-lock.json does not know
 */
export function sbom(libraries: readonly Library[]): string {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const { name, version, description } = packageJson;
  const own = new Models.Component(Enums.ComponentType.Application, name, {
    ...{ version, description, purl: `pkg:npm/${name}@${version}`, bomRef: `pkg:npm/${name}@${version}` },
  });
  own.licenses.add(new Models.SpdxLicense(packageJson.license as Models.SpdxLicense['id']));
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: own }) });
  for (const library of libraries) {
    const made = component(library, packages);
    bom.components.add(made);
    own.dependencies.add(made.bomRef);
  }
  const text = (): string =>
    new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)).serialize(bom, {
      ...{ sortLists: true, space: 2 },
    });
  const hash = createHash('sha256').update(text()).digest('hex');
  // as a version 8 UUID (RFC 9562): its bits are what the maker likes
  bom.serialNumber = `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return `${text()}\n`;
}
