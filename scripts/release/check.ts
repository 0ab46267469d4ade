/** Checks a release as a user gets it. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { unpackTar } from 'modern-tar';
import packageJson from '../../package.json' with { type: 'json' };
import { root } from '../bundle.ts';
import { names } from './artifacts.ts';

const mostPacked = 1_000_000;

/** What may be in the package, and nothing else. */
const allowed =
  /^package\/(?:dist\/[\w.-]+|man\/subpathfix\.1|schema\/\w+\.schema\.json|package\.json|README\.md|LICENSE)$/;

const ensure = (isTrue: boolean, text: string): void => {
  if (!isTrue) throw new Error(`release: ${text}`);
};

/**
 * @returns what was found, a line each
 * @throws {Error} that says what is wrong with it
 */
export async function checkRelease(directory: string): Promise<string[]> {
  const at = (name: string): string => path.join(directory, name);
  await execa('sha256sum', ['--check', '--quiet', names.sums], { cwd: directory });
  const { size } = await stat(at(names.package));
  ensure(size < mostPacked, `${names.package} has ${size} bytes, more than ${mostPacked}`);
  const entries = await unpackTar(gunzipSync(await readFile(at(names.package))));
  const strange = entries.map(({ header }) => header.name).filter((name) => !allowed.test(name));
  ensure(strange.length === 0, `${names.package} has what it should not: ${strange.join(', ')}`);
  const packed = entries.find(({ header }) => header.name === 'package/package.json')?.data;
  const { dependencies, scripts } = JSON.parse(Buffer.from(packed ?? []).toString());
  ensure(dependencies === undefined, 'its package.json has dependencies');
  ensure(scripts === undefined, 'its package.json has scripts, which npm may run or warn of');
  const libraries = await checkSbom(
    await readFile(at(names.sbom), 'utf8'),
    await readFile(at(names.licenses), 'utf8'),
  );
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'subpathfix-release-'));
  try {
    await checkInstalled(at(names.package), scratch);
    await execa('tar', ['-xzf', at(names.archive), '-C', scratch]);
    const program = path.join(scratch, `subpathfix-${packageJson.version}/bin/subpathfix`);
    ensure(
      (await execa(program, ['--version'])).stdout === packageJson.version,
      `${names.archive} does not start`,
    );
  } finally {
    await rm(scratch, { recursive: true });
  }
  return [
    `${names.package}: ${size} bytes, ${entries.length} files; installs alone, runs nothing then`,
    `${names.archive}: ${(await stat(at(names.archive))).size} bytes; starts`,
    `${names.sbom}: ${libraries} libraries; valid CycloneDX 1.6`,
  ];
}

/** @returns how many libraries it has */
async function checkSbom(text: string, licenses: string): Promise<number> {
  const schemas = path.join(root, 'node_modules/@cyclonedx/cyclonedx-library/res/schema');
  const schema = async (name: string) =>
    JSON.parse(await readFile(path.join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8'));
  // Formats (URLs, dates) are left out: they need another library.
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx', 'jsf-0.82'])
    ajv.addSchema(await schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  const document = JSON.parse(text);
  const isValid = ajv.compile(await schema('bom-1.6'));
  ensure(isValid(document) as boolean, `${names.sbom}: ${ajv.errorsText(isValid.errors)}`);
  for (const { name, version } of document.components) {
    ensure(licenses.includes(`${name} ${version}\n`), `${names.licenses} lacks ${name} ${version}`);
  }
  return document.components.length;
}

/** From the file alone, without a network. */
async function checkInstalled(tarball: string, scratch: string): Promise<void> {
  await writeFile(path.join(scratch, 'package.json'), '{}');
  const said = await execa('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], {
    cwd: scratch,
  });
  ensure(said.stderr === '', `installing says: ${said.stderr}`);
  const installed = (await readdir(path.join(scratch, 'node_modules'))).filter(
    (name) => !name.startsWith('.'),
  );
  ensure(installed.join() === 'subpathfix', `installing brings ${installed.join(', ')}`);
  const { stdout } = await execa(path.join(scratch, 'node_modules/.bin/subpathfix'), ['--version'], {
    cwd: scratch,
  });
  ensure(stdout === packageJson.version, `${names.package} does not start`);
}
