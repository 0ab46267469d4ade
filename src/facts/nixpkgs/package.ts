/** Parses the file that builds util-linux: its version, its patches, and whether it has withPatches. */
import path from 'node:path';
import type { Advisory } from '../../advisory/index.ts';
import { parseVersion, type Version } from '../../advisory/version.ts';
import { type Fact, known, NotUnderstood, unreadable } from '../fact.ts';
import { evaluateFile } from './evaluate.ts';
import {
  each,
  FileNeeded,
  type Form,
  type Source,
  setOf,
  settled,
  type Thunk,
  textOf,
  unread,
} from './forms.ts';
import { literalName, literalVersion } from './literals.ts';
import { type ListedPatch, listPatches } from './patches.ts';
import { attribute } from './sets.ts';
import { type Node, type ParsedSource, parseNix } from './syntax.ts';

export interface ParsedPackage {
  version: Version;
  patches: Fact<ListedPatch[]>;
  withPatches: Fact<boolean>;
}

/** It is not the file that it was given for. */
export class OtherFile extends NotUnderstood {}

export interface PackageFile {
  /** from the directory of nixpkgs, or absolute */
  path: string;
  /** where it was read, for evidence and messages */
  where: string;
  source: string;
  /** The text of a file that this one imports. @throws {Error} that says why it cannot be read */
  load(path: string): Promise<string>;
}

const importLimit = 8;

/**
 * @throws {NotUnderstood} if it does not say which version it builds
 * @throws {OtherFile} if it does not build util-linux
 */
export async function parsePackage(file: PackageFile, advisory: Advisory): Promise<ParsedPackage> {
  const parsed: ParsedSource[] = [];
  const parse = async (source: string): Promise<Node> => {
    const added = await parseNix(source);
    parsed.push(added);
    return added.root;
  };
  try {
    const root = await parse(file.source);
    const imports = new Map<string, Form | Node>();
    for (;;) {
      try {
        return packageIn(root, sourceOf(file.path, imports), file.where, advisory);
      } catch (error) {
        if (!(error instanceof FileNeeded)) throw error;
        imports.set(error.path, await imported(file, error.path, imports.size, parse));
      }
    }
  } catch (error) {
    throw explained(error, file, advisory);
  } finally {
    for (const { free } of parsed) free();
  }
}

/** What cannot be read is evidence that does not decide, or not the file that was meant: if nothing names it. */
function explained(error: unknown, { path: file, source, where }: PackageFile, advisory: Advisory): unknown {
  const nested = error instanceof RangeError;
  if (!(nested || error instanceof NotUnderstood)) return error;
  const message = `${where}: ${nested ? 'it is nested too deeply' : error.message}`;
  const { package: name } = advisory.affected;
  const isOther = error instanceof OtherFile || !(source.includes(name) || file.includes(name));
  return isOther ? new OtherFile(message) : new NotUnderstood(message);
}

async function imported(
  file: PackageFile,
  target: string,
  count: number,
  parse: (source: string) => Promise<Node>,
): Promise<Form | Node> {
  if (count >= importLimit) return unread(`it imports more than ${importLimit} files`);
  try {
    return await parse(await file.load(target));
  } catch (error) {
    return unread(`${target} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sourceOf(file: string, imports: Map<string, Form | Node>): Source {
  return {
    directory: path.posix.dirname(file),
    imported(target) {
      const name = target.endsWith('.nix') ? target : path.posix.join(target, 'default.nix');
      const loaded = imports.get(name);
      if (!loaded) throw new FileNeeded(name);
      return 'kind' in loaded ? loaded : evaluateFile(loaded, sourceOf(name, imports));
    },
  };
}

function packageIn(root: Node, source: Source, where: string, advisory: Advisory): ParsedPackage {
  const form = built(evaluateFile(root, source));
  const name = nameIn(form) ?? literalName(root);
  if (name === null) throw new NotUnderstood(whyNot(form));
  if (!isUtilLinux(name, advisory))
    throw new OtherFile(`it builds ${name}, not ${advisory.affected.package}`);
  const read = textOf(attribute(form, 'version')) ?? versionInName(attribute(form, 'name'), advisory);
  const text = read ?? literalVersion(root);
  const version = text === null ? null : parseVersion(text);
  if (!version)
    throw new NotUnderstood(text === null ? whyNot(form) : `its version is not a release: ${text}`);
  return {
    version,
    patches: attempt(where, () => listPatches(sound(attribute(form, 'patches')), advisory)),
    withPatches: attempt(where, () => hasWithPatches(form, advisory)),
  };
}

/** What the file builds when nixpkgs calls it. */
function built(given: Form): Form {
  const form = settled(given);
  const nixpkgs: Thunk = () => setOf(new Map(), 'it comes from nixpkgs');
  if (form.kind === 'function') return built(form.call(nixpkgs));
  if (form.kind === 'choice') return each(form, built);
  if (form.kind === 'derivation' || form.kind === 'unread') return form;
  const what = form.kind === 'call' ? ` (${form.line}: ${form.name})` : '';
  return unread(`expected a call of mkDerivation${what}`);
}

const whyNot = (form: Form): string =>
  form.kind === 'unread' ? form.reason : 'it does not say which version of util-linux it builds';

function attempt<T>(where: string, read: () => T): Fact<T> {
  try {
    return known(read(), where);
  } catch (error) {
    if (error instanceof NotUnderstood) return unreadable('not-understood', `${where}: ${error.message}`);
    throw error;
  }
}

/** @throws {NotUnderstood} */
function sound(given: Form): Form {
  const form = settled(given);
  if (form.kind === 'unread') throw new NotUnderstood(form.reason);
  return form;
}

function hasWithPatches(form: Form, { nixpkgs: { attributes } }: Advisory): boolean {
  const passthru = sound(attribute(form, 'passthru'));
  // Only its being there counts, so that it is not read.
  const names = (given: Form): boolean => {
    const set = settled(given);
    if (set.kind === 'choice') return names(set.yes()) || names(set.no());
    if (set.kind === 'absent') return false;
    if (set.kind !== 'set') throw new NotUnderstood('its passthru is not understood');
    if (set.names.has(attributes.patched)) return true;
    if (set.open !== null) throw new NotUnderstood(set.open);
    return false;
  };
  return names(passthru);
}

/** pname, else name; what is not known of it is left out. */
function nameIn(form: Form): string | null {
  const read = (given: Form): string | null => {
    const name = settled(given);
    if (name.kind === 'choice') return read(name.yes()) ?? read(name.no());
    return name.kind === 'string' ? name.pieces.map((piece) => piece ?? '').join('') : null;
  };
  return read(attribute(form, 'pname')) ?? read(attribute(form, 'name'));
}

const isUtilLinux = (name: string, { affected }: Advisory): boolean =>
  name === affected.package || name.startsWith(`${affected.package}-`);

/** "util-linux-2.21.2", as files before pname say it. */
function versionInName(name: Form, { affected }: Advisory): string | null {
  const text = textOf(name);
  const prefix = `${affected.package}-`;
  return text?.startsWith(prefix) ? text.slice(prefix.length) : null;
}
