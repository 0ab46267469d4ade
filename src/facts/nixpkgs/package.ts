/** What a nixpkgs (a checkout, an unpacked channel, or the file itself) says of util-linux. */
import path from 'node:path';
import { type Advisory, fixPatch } from '../../advisory/index.ts';
import { parseVersion, type Version } from '../../advisory/version.ts';
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import type { Facts, Patch } from '../facts.ts';
import { type ListedPatch, listPatches } from './patches.ts';
import {
  application,
  bindings,
  type Node,
  NotUnderstood,
  parseNix,
  parts,
  place,
  type Scope,
  sound,
  stringText,
  unwrapped,
} from './syntax.ts';

/** package.nix of util-linux has about 10 kB; what is a hundred times larger is something else. */
const fileLimit = 1_000_000;

export type NixpkgsFacts = Pick<Facts, 'utilLinux' | 'patches' | 'withPatches' | 'revision'>;

/**
 * Reads the facts from a directory or a file.
 * @returns facts that are unreadable, with the reason, when the path or its content cannot be read
 */
export async function readNixpkgs(host: Host, given: string, advisory: Advisory): Promise<NixpkgsFacts> {
  try {
    const directory = await host.isDirectory(given);
    const file = directory ? await findFile(host, given, advisory) : given;
    const parsed = await parsePackage(await host.readText(file, fileLimit));
    const patches = await Promise.all(
      parsed.patches.map((patch) => withContent(host, file, patch, advisory)),
    );
    return {
      utilLinux: known(parsed.version, file),
      patches: known({ version: parsed.version, patches }, file),
      withPatches: known(parsed.withPatches, file),
      revision: directory ? await readRevision(host, given) : unknown('a file alone has no revision'),
    };
  } catch (error) {
    const fact = unreadable(`cannot be read: ${refusal(given, error)}`);
    return { utilLinux: fact, patches: fact, withPatches: fact, revision: fact };
  }
}

/** Why a nixpkgs gives no facts. An error that is none of these is a defect of this program, and passes. */
function refusal(given: string, error: unknown): string {
  if (error instanceof ReadError) return error.message;
  if (error instanceof NotUnderstood) return `${given}: ${error.message}`;
  if (error instanceof RangeError) return `${given}: it is nested too deeply`;
  throw error;
}

/** The file of util-linux in a nixpkgs, at its place of today or of before. */
async function findFile(host: Host, directory: string, advisory: Advisory): Promise<string> {
  for (const file of advisory.nixpkgs.files) {
    const candidate = path.join(directory, file);
    try {
      await host.isDirectory(candidate);
      return candidate;
    } catch (error) {
      if (!(error instanceof ReadError && error.code === 'ENOENT')) throw error;
    }
  }
  throw new ReadError(
    `${directory}: not a nixpkgs, it has none of ${advisory.nixpkgs.files.join(', ')}`,
    'ENOENT',
  );
}

/** An unpacked channel says its commit in .git-revision. */
async function readRevision(host: Host, directory: string): Promise<Fact<string>> {
  const file = path.join(directory, '.git-revision');
  try {
    const text = (await host.readText(file, 1000)).trim();
    return /^[0-9a-f]{40}$/.test(text) ? known(text, file) : unreadable(`${file}: not a commit id`);
  } catch (error) {
    if (error instanceof ReadError) return unknown(error.message);
    throw error;
  }
}

/** Reads a patch that lies beside the file and goes by a name of the fix: the name alone can lie. */
async function withContent(
  host: Host,
  file: string,
  listed: ListedPatch,
  advisory: Advisory,
): Promise<Patch> {
  const { local, ...patch } = listed;
  if (local === null || !fixPatch(patch, advisory)) return patch;
  const patchFile = path.resolve(path.dirname(file), local);
  try {
    const text = await host.readText(patchFile, fileLimit);
    return { ...patch, touchesDefect: known(patchTouchesDefect(text, advisory), patchFile) };
  } catch (error) {
    if (error instanceof ReadError) return { ...patch, touchesDefect: unknown(error.message) };
    throw error;
  }
}

/** Whether a patch takes out of libmount what the fix takes out (util-linux commit 7dbfe31a). */
export function patchTouchesDefect(patch: string, advisory: Advisory): boolean {
  let inSource = false;
  let removed = 0;
  for (const line of patch.split('\n')) {
    if (line.startsWith('+++ '))
      inSource = line.slice(4).split('\t', 1)[0]?.trim().endsWith(advisory.sourceFile) ?? false;
    else if (inSource && line.includes(advisory.patch.removes)) {
      if (line.startsWith('-') && !line.startsWith('---')) removed += 1;
      if (line.startsWith('+')) removed -= 1;
    }
  }
  return removed > 0;
}

interface ParsedPackage {
  version: Version;
  patches: ListedPatch[];
  withPatches: boolean;
}

/**
 * Parses the file that builds util-linux.
 * @throws {NotUnderstood} where the parts that matter do not parse or have a form that is not known
 */
export async function parsePackage(source: string): Promise<ParsedPackage> {
  const { attributes, scope, whole } = derivation(await parseNix(source));
  const get = (name: string): Node | undefined => {
    const value = attributes.get(name);
    // An error elsewhere in the set can have swallowed the attribute: its absence proves nothing then.
    if (!value) sound(whole);
    // The whole binding: an error can stand between the name and its value.
    if (value) sound(value.parent ?? value);
    return value;
  };
  const versionNode = get('version');
  const text = versionNode && stringText(lookUp(versionNode, scope));
  const version = text ? parseVersion(text) : null;
  if (!version) throw new NotUnderstood(`it gives no version of util-linux${text ? ` (${text})` : ''}`);
  const patchesNode = get('patches');
  const names: Scope = new Map([...scope, ...attributes]);
  return {
    version,
    patches: patchesNode ? listPatches(patchesNode, names) : [],
    withPatches: hasWithPatches(attributes, get('passthru')),
  };
}

function lookUp(node: Node, scope: Scope): Node {
  const inner = unwrapped(node);
  return inner.type === 'variable_expression' ? (scope.get(inner.text) ?? inner) : inner;
}

function hasWithPatches(attributes: Map<string, Node>, passthru: Node | undefined): boolean {
  if (attributes.has('passthru.withPatches')) return true;
  return passthru !== undefined && bindings(unwrapped(passthru)).has('withPatches');
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
      const body = node.childForFieldName('body');
      if (!body) throw new NotUnderstood(`${place(node)} does not parse`);
      node = body;
      continue;
    }
    const call = application(node);
    if (call && /(^|\.)mkDerivation$/.test(call.name) && call.args[0]) {
      node = call.args[0];
      called = true;
      continue;
    }
    if (called && (node.type === 'attrset_expression' || node.type === 'rec_attrset_expression')) break;
    throw new NotUnderstood(`${place(node)}: no call of mkDerivation where one is expected`);
  }
  if (parts(node).length === 0) throw new NotUnderstood('it builds nothing');
  return { attributes: bindings(node, scope), scope, whole: node };
}
