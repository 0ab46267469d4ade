/** What a nixpkgs (a checkout, an unpacked channel, or the file itself) says about util-linux. */
import path from 'node:path';
import { type Advisory, fixPatch } from '../../advisory/index.ts';
import { UserError } from '../../errors.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, NotUnderstood, unknown, unreadable } from '../fact.ts';
import { type NixpkgsFacts, type Patch, unreadNixpkgs } from '../facts.ts';
import { OtherFile, type PackageFile, type ParsedPackage, parsePackage } from './package.ts';
import { withContent } from './patch-content.ts';

/** util-linux's package.nix is about 10 kB; a file a hundred times larger is something else. */
const fileLimit = 1_000_000;

/**
 * Reads the facts from a directory or a file.
 * @returns facts that are unreadable, with the reason, when the content is not understood
 * @throws {UserError} when there is no such file, or it is not one that builds util-linux
 */
export async function readNixpkgs(host: Host, given: string, advisory: Advisory): Promise<NixpkgsFacts> {
  const directory = await host.isDirectory(given);
  const file = directory ? await findFile(host, given, advisory) : given;
  const load = (target: string): Promise<string> => host.readText(target, fileLimit);
  const absolute = path.resolve(host.cwd, file);
  try {
    const source = await load(absolute);
    const parsed = await parsePackage({ path: absolute, where: file, source, load }, advisory);
    const revision = directory
      ? await readRevision(host, given)
      : unknown('not-applicable', 'a file alone has no revision');
    return await factsOf(parsed, file, revision, ({ local, ...patch }) =>
      local !== null && fixPatch(patch, advisory)
        ? withContent(host, patch, path.resolve(path.dirname(absolute), local), advisory)
        : patch,
    );
  } catch (error) {
    if (error instanceof OtherFile) throw new UserError(`--nixpkgs: ${error.message}`);
    if (!(error instanceof NotUnderstood)) throw error;
    return unreadNixpkgs(unreadable('not-understood', `cannot be read: ${error.message}`));
  }
}

/**
 * The facts in the text of the file alone.
 * @throws {NotUnderstood}
 */
export async function factsIn(
  file: PackageFile,
  revision: string,
  advisory: Advisory,
): Promise<NixpkgsFacts> {
  const parsed = await parsePackage(file, advisory);
  return factsOf(parsed, file.where, known(revision, file.where), ({ local, ...patch }) => patch);
}

type Listed = Extract<ParsedPackage['patches'], { known: true }>['value'][number];

async function factsOf(
  { version, patches, withPatches }: ParsedPackage,
  where: string,
  revision: Fact<string>,
  read: (patch: Listed) => Patch | Promise<Patch>,
): Promise<NixpkgsFacts> {
  return {
    utilLinux: known(version, where),
    patches: patches.known
      ? known({ version, patches: await Promise.all(patches.value.map(read)) }, where)
      : patches,
    withPatches,
    revision,
  };
}

/** The file of util-linux in a nixpkgs, at its current or former path. @throws {UserError} */
async function findFile(host: Host, directory: string, advisory: Advisory): Promise<string> {
  for (const file of advisory.nixpkgs.files) {
    const candidate = path.join(directory, file);
    if ((await orNull(host.isDirectory(candidate), 'ENOENT')) !== null) return candidate;
  }
  throw new ReadError(
    `${directory}: not a nixpkgs checkout, it has none of ${advisory.nixpkgs.files.join(', ')}`,
    'ENOENT',
  );
}

/** An unpacked channel has its commit in .git-revision. */
async function readRevision(host: Host, directory: string): Promise<Fact<string>> {
  const file = path.join(directory, '.git-revision');
  const text = (await orNull(host.readText(file, 1000)))?.trim();
  if (text === undefined) return unknown('not-found', `${file} cannot be read`);
  return /^[0-9a-f]{40}$/.test(text)
    ? known(text, file)
    : unreadable('not-understood', `${file}: not a commit id`);
}
