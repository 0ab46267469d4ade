/** What names stand for: a util-linux with the fix, or another nixpkgs than the system's. */
import path from 'node:path';
import type { Advisory } from '../../advisory/index.ts';
import type { Node } from './expression.ts';
import { bare, called, functionName, plain, selected, walk } from './nix.ts';
import type { Mark } from './sighting.ts';
import { utilLinuxNames } from './words.ts';

/** What is known of all files, and added to while they are read. */
export interface Known {
  /** finds a name of the fix in a text */
  fix: RegExp;
  environment: Advisory['environment'];
  /** inputs and pins that are another nixpkgs than the system's */
  inputs: Set<string>;
  /** files of the configuration that are the fix as a patch, by their content */
  fixFiles: Set<string>;
  /** attributes of overlays and arguments of modules that have the fix */
  fixed: Map<string, Mark[]>;
  /** the same that are another nixpkgs: the input */
  foreign: Map<string, string>;
}

/** The names that one file binds by let. */
export interface Scope {
  file: string;
  known: Known;
  fixed: Map<string, Mark[]>;
  foreign: Map<string, string>;
  /** plain strings */
  texts: Map<string, string>;
}

const isUtilLinux = (name: string | null): boolean => name !== null && utilLinuxNames.includes(name);

/** Arguments that hold the inputs of a flake, or the pins of npins and niv. */
const holders = ['inputs', 'sources', 'pins', 'self'];

/** The other nixpkgs that an expression is, or comes from; null if it is none. */
export function foreignOf(given: Node, scope: Scope): string | null {
  const node = bare(given);
  const { known, foreign } = scope;
  switch (node.type) {
    case 'variable_expression': {
      const name = node.text;
      return foreign.get(name) ?? known.foreign.get(name) ?? (known.inputs.has(name) ? name : null);
    }
    case 'select_expression': {
      const found = selected(node);
      if (!found) return null;
      const named = found.names.find(
        (name) => name !== null && (known.foreign.has(name) || known.inputs.has(name)),
      );
      const from = bare(found.from);
      if (from.type !== 'variable_expression') return foreignOf(from, scope);
      if (named == null) return foreignOf(from, scope);
      const alias = known.foreign.get(named);
      return alias ?? (holders.includes(from.text) ? named : foreignOf(from, scope));
    }
    case 'spath_expression':
      return /^<nixpkgs[/>]/.test(node.text) ? null : node.text;
    case 'apply_expression': {
      const call = called(node);
      if (!call) return null;
      const name = functionName(call.function);
      if (name === 'fetchTarball' || name === 'fetchGit' || name === 'getFlake' || name === 'fetchFromGitHub')
        return /nixpkgs|nixos-\d\d\.\d\d|nixos-unstable/i.test(node.text) ? `${name} of nixpkgs` : null;
      if (name !== 'import' && name !== 'callPackage') return null;
      return call.args[0] ? foreignOf(call.args[0], scope) : null;
    }
    default:
      return null;
  }
}

/** What in an expression shows that it is about the fix. */
export function marksOf(root: Node, scope: Scope): Mark[] {
  const marks: Mark[] = [];
  const add = (mark: Mark | null): void => {
    if (mark && !marks.some(({ kind, detail }) => kind === mark.kind && detail === mark.detail))
      marks.push(mark);
  };
  walk(root, (node) => {
    for (const mark of markOf(node, scope)) add(mark);
    return undefined;
  });
  return marks;
}

function markOf(node: Node, scope: Scope): Mark[] {
  const { known, fixed } = scope;
  switch (node.type) {
    case 'string_fragment':
    case 'uri_expression':
    case 'path_fragment': {
      const name = known.fix.exec(node.text)?.[0];
      if (name !== undefined) return [{ kind: 'patch', detail: name }];
      const file = node.type === 'path_fragment' ? resolved(node.text, scope.file) : '';
      return known.fixFiles.has(file) ? [{ kind: 'patch', detail: file }] : [];
    }
    case 'variable_expression':
      return named(node.text, fixed.get(node.text) ?? known.fixed.get(node.text));
    case 'select_expression':
      return selectionMarks(node, scope);
    case 'apply_expression':
      return versionMark(node);
    default:
      return [];
  }
}

/** A path in a file, from the directory. */
export const resolved = (text: string, file: string): string =>
  path.posix.join(path.posix.dirname(file), text);

const named = (name: string, marks: Mark[] | undefined): Mark[] =>
  marks ? [{ kind: 'named', detail: name }] : [];

function selectionMarks(node: Node, scope: Scope): Mark[] {
  const found = selected(node);
  if (!found) return [];
  const { from, names } = found;
  const isOfUtilLinux = names.some(isUtilLinux) || new RegExp(utilLinuxNames.join('|')).test(from.text);
  if (isOfUtilLinux && names.includes('withPatches'))
    return [{ kind: 'with-patches', detail: 'withPatches' }];
  // The base of the selection is looked at by itself.
  const own = names.flatMap((name) => (name === null ? [] : named(name, scope.known.fixed.get(name))));
  if (!names.some(isUtilLinux)) return own;
  const before = names.slice(0, names.findIndex(isUtilLinux));
  const isHeld = from.type === 'variable_expression' && holders.includes(from.text);
  const [held] = before.flatMap((name) =>
    name === null
      ? []
      : (scope.known.foreign.get(name) ?? (isHeld && scope.known.inputs.has(name) ? name : [])),
  );
  const input = foreignOf(from, scope) ?? held ?? null;
  return input === null ? own : [...own, { kind: 'foreign', detail: input }];
}

/** util-linux.overrideAttrs with another version. */
function versionMark(node: Node): Mark[] {
  const call = called(node);
  if (!call || !isOverrideOfUtilLinux(call.function)) return [];
  for (const argument of call.args) {
    for (const binding of argument.descendantsOfType('binding')) {
      if (binding.childForFieldName('attrpath')?.text !== 'version') continue;
      const value = binding.childForFieldName('expression');
      const text = value && plain(value);
      if (text) return [{ kind: 'version', detail: text }];
    }
  }
  return [];
}

/** Whether a function is util-linux.overrideAttrs, by any of its names. */
export function isOverrideOfUtilLinux(callee: Node): boolean {
  const found = selected(callee);
  if (!found || !['overrideAttrs', 'override', 'overrideDerivation'].includes(found.names.at(-1) ?? ''))
    return false;
  return found.names.some(isUtilLinux) || new RegExp(utilLinuxNames.join('|')).test(found.from.text);
}

/** Whether a function fetches a patch. */
export const fetchesPatch = (callee: Node): boolean =>
  /^fetch(?:patch2?|url|Patch)$/.test(functionName(callee) ?? '');
