/** Makes the files of a release out of a bundle: the same bytes from the same sources, wherever and whenever. */
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { packTar } from 'modern-tar';
import packageJson from '../../package.json' with { type: 'json' };
import { snapshot } from '../../src/advisory/snapshot.ts';
import { declareProgram } from '../../src/cli.ts';
import { completionScript } from '../../src/commands/completion/completion.ts';
import { shells } from '../../src/commands/completion/shells.ts';
import { type Bundle, librariesOf, root } from '../bundle.ts';
import { replaceDist } from '../dist.ts';
import { manual } from '../manual.ts';
import { sbom } from './sbom.ts';

const { name, version } = packageJson;

/** The names of the files of a release. */
export const names = {
  package: `${name}-${version}.tgz`,
  archive: `${name}-${version}-archive.tar.gz`,
  sbom: `${name}-${version}.cdx.json`,
  licenses: `${name}-${version}-licenses.txt`,
  sums: 'SHA256SUMS',
} as const;

/** The time of every file in an archive, as in npm's: the same for every build. */
const mtime = new Date('1985-10-26T08:15:00Z');

/** Writes the files of a release to a directory, which is made. */
export async function makeArtifacts(bundle: Bundle, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'subpathfix-release-'));
  try {
    await stage(bundle, scratch);
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', path.resolve(directory)];
    await execa('npm', pack, { cwd: scratch });
    const archive = gzipSync(await tarOf(scratch), { level: 9 });
    await writeFile(path.join(directory, names.archive), archive);
    await writeFile(path.join(directory, names.sbom), sbom(librariesOf(bundle.chunks)));
    await cp(path.join(scratch, 'dist/licenses.txt'), path.join(directory, names.licenses));
  } finally {
    await rm(scratch, { recursive: true });
  }
  await writeFile(path.join(directory, names.sums), await sums(directory));
}

/** Lays the package out, as `npm pack` takes it. */
async function stage(bundle: Bundle, directory: string): Promise<void> {
  await replaceDist(path.join(directory, 'dist'), bundle);
  await mkdir(path.join(directory, 'man'));
  await writeFile(path.join(directory, 'man/subpathfix.1'), manual());
  // What is for a clone alone is left out: npm warns of `prepare` in a package that is installed from a file.
  const { scripts: _, devDependencies: __, ...published } = packageJson;
  await writeFile(path.join(directory, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const each of ['README.md', 'LICENSE', 'schema']) {
    await cp(path.join(root, each), path.join(directory, each), { recursive: true });
  }
  // Neither the umask nor how the sources were checked out counts.
  for (const file of await filesBelow(directory)) await chmod(path.join(directory, file), modeOf(file));
}

const modeOf = (file: string): number =>
  file === 'bin/subpathfix' || file === 'dist/main.cjs' ? 0o755 : 0o644;

/** The files below a directory, from there. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
}

/** The archive for a machine without a network: everything below one directory, with a launcher. */
async function tarOf(staged: string): Promise<Uint8Array> {
  const files = new Map<string, string | Buffer>();
  for (const file of await filesBelow(staged)) files.set(file, await readFile(path.join(staged, file)));
  files.delete('package.json');
  files.set('man/man1/subpathfix.1', files.get('man/subpathfix.1') ?? '');
  files.delete('man/subpathfix.1');
  const launcher = await readFile(path.join(import.meta.dirname, 'launcher.sh'), 'utf8');
  files.set('bin/subpathfix', launcher.replace('__NODE__', packageJson.engines.node.replace('>=', '')));
  const program = declareProgram(version, () => true);
  for (const shell of shells) {
    const script = completionScript(shell, program, new Date(snapshot.asOf));
    files.set(`completions/subpathfix.${shell}`, script);
  }
  const entries = [...files].sort(([left], [right]) => (left < right ? -1 : 1));
  return packTar(
    entries.map(([file, content]) => {
      const body = Buffer.from(content);
      const mode = modeOf(file);
      const header = { name: `${name}-${version}/${file}`, size: body.length, mode, mtime, uid: 0, gid: 0 };
      return { header, body };
    }),
  );
}

/** As `sha256sum --check` reads it. */
async function sums(directory: string): Promise<string> {
  const files = [names.archive, names.licenses, names.package, names.sbom].sort();
  const lines = files.map(async (file) => {
    const hash = createHash('sha256').update(await readFile(path.join(directory, file)));
    return `${hash.digest('hex')}  ${file}\n`;
  });
  return (await Promise.all(lines)).join('');
}
