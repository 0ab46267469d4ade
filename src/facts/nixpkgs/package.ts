/** What a nixpkgs (a checkout, an unpacked channel, or the file itself) says about util-linux. */
import path from 'node:path';
import { type Advisory, fixPatch } from '../../advisory/index.ts';
import { parseVersion, type Version } from '../../advisory/version.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, NotUnderstood, unknown, unreadable } from '../fact.ts';
import { type NixpkgsFacts, type Patch, unreadNixpkgs } from '../facts.ts';
import { withContent } from './patch-content.ts';
import { type ListedPatch, listPatches } from './patches.ts';
import {
  application,
  bindings,
  field,
  lookUp,
  type Node,
  parseNix,
  parts,
  place,
  type Scope,
  sound,
  stringText,
  unwrapped,
} from './syntax.ts';

/** util-linux's package.nix is about 10 kB; a file a hundred times larger is something else. */
const fileLimit = 1_000_000;

/**
 * Reads the facts from a directory or a file.
 * @returns facts that are unreadable, with the reason, when the content is not understood
 * @throws {ReadError} when there is no such file, it cannot be read, or the directory is no nixpkgs
 */
export async function readNixpkgs(host: Host, given: string, advisory: Advisory): Promise<NixpkgsFacts> {
  try {
    const directory = await host.isDirectory(given);
    const file = directory ? await findFile(host, given, advisory) : given;
    const parsed = await parsePackage(await host.readText(file, fileLimit), file);
    const patches = parsed.patches.map(({ local, ...patch }) =>
      local !== null && fixPatch(patch, advisory)
        ? withContent(host, patch, path.resolve(path.dirname(file), local), advisory)
        : patch,
    );
    const revision = directory
      ? await readRevision(host, given)
      : unknown('not-applicable', 'a file alone has no revision');
    return factsOf({ ...parsed, patches: await Promise.all(patches) }, file, revision);
  } catch (error) {
    const isTooLarge = error instanceof ReadError && error.code === 'EFBIG';
    if (!(error instanceof NotUnderstood || isTooLarge)) throw error;
    return unreadNixpkgs(unreadable('not-understood', `cannot be read: ${error.message}`));
  }
}

/**
 * The facts in the text of the file alone.
 * @param url where it was read
 * @throws {NotUnderstood}
 */
export async function factsIn(source: string, url: string, revision: string): Promise<NixpkgsFacts> {
  const parsed = await parsePackage(source, url);
  const patches = parsed.patches.map(({ local, ...patch }) => patch);
  return factsOf({ ...parsed, patches }, url, known(revision, url));
}

const factsOf = (
  { version, patches, withPatches }: ParsedPackage<Patch>,
  where: string,
  revision: Fact<string>,
): NixpkgsFacts => ({
  utilLinux: known(version, where),
  patches: known({ version, patches }, where),
  withPatches: known(withPatches, where),
  revision,
});

/** The file of util-linux in a nixpkgs, at its current or former path. */
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

interface ParsedPackage<P = ListedPatch> {
  version: Version;
  patches: P[];
  withPatches: boolean;
}

/**
 * Parses the file that builds util-linux.
 * @param where it was read
 * @throws {NotUnderstood} if the parts that matter do not parse or have an unknown form
 */
async function parsePackage(source: string, where: string): Promise<ParsedPackage> {
  try {
    return packageIn(await parseNix(source));
  } catch (error) {
    if (error instanceof NotUnderstood) throw new NotUnderstood(`${where}: ${error.message}`);
    if (error instanceof RangeError) throw new NotUnderstood(`${where}: it is nested too deeply`);
    throw error;
  }
}

function packageIn(root: Node): ParsedPackage {
  const { attributes, scope, whole } = derivation(root);
  const get = (name: string): Node | undefined => {
    const value = attributes.get(name);
    // The whole binding: an error can stand between the name and its value. A missing one can have been
    // swallowed by an error elsewhere in the set.
    sound(value ? (value.parent ?? value) : whole);
    return value;
  };
  const [versionNode, patchesNode, passthru] = [get('version'), get('patches'), get('passthru')];
  const text = versionNode && stringText(lookUp(versionNode, scope)[0]);
  const version = text ? parseVersion(text) : null;
  if (!version) throw new NotUnderstood(`it has no version of util-linux${text ? ` (${text})` : ''}`);
  const names: Scope = new Map([...scope, ...attributes]);
  return {
    version,
    patches: patchesNode ? listPatches(patchesNode, names) : [],
    withPatches:
      attributes.has('passthru.withPatches') ||
      (passthru !== undefined && bindings(unwrapped(passthru)).has('withPatches')),
  };
}

/** The attribute set that stdenv.mkDerivation gets, and the let bindings around it. */
function derivation(root: Node): { attributes: Map<string, Node>; scope: Scope; whole: Node } {
  const scope: Scope = new Map();
  let node = root;
  let called = false;
  for (;;) {
    node = unwrapped(node);
    if (node.type === 'function_expression' || node.type === 'let_expression') {
      if (node.type === 'let_expression') for (const [name, value] of bindings(node)) scope.set(name, value);
      node = field(node, 'body');
      continue;
    }
    const call = application(node);
    if (call && /(^|\.)mkDerivation$/.test(call.name) && call.args[0]) {
      node = call.args[0];
      called = true;
      continue;
    }
    if (called && (node.type === 'attrset_expression' || node.type === 'rec_attrset_expression')) break;
    throw new NotUnderstood(`${place(node)}: expected a call of mkDerivation`);
  }
  if (parts(node).length === 0) throw new NotUnderstood('it builds nothing');
  return { attributes: bindings(node, scope), scope, whole: node };
}
