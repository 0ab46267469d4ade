/** What a Nix expression stands for, as far as it can be read without evaluating nixpkgs. */
import type { Fact } from '../fact.ts';

/** Read when it is asked for, once: most of a package is never looked at. */
export type Thunk = () => Form;

export type Form =
  /** null stands for a piece that is not known */
  | { kind: 'string'; pieces: (string | null)[] }
  /** from the directory of the first file; null with an interpolation */
  | { kind: 'path'; path: string | null; text: string }
  | { kind: 'boolean'; holds: Fact<boolean> }
  | { kind: 'list'; items: Thunk[] }
  /** a ++ b */
  | { kind: 'joined'; left: Thunk; right: Thunk }
  | AttributeSet
  | { kind: 'function'; call: (argument: Thunk) => Form }
  /** what stdenv.mkDerivation makes of these attributes, and what overrideAttrs makes of that */
  | { kind: 'derivation'; attributes: Thunk; override: (change: Thunk) => Form }
  /** either, where the condition is not known */
  | { kind: 'choice'; condition: Fact<boolean>; yes: Thunk; no: Thunk }
  /** something that comes from outside, such as lib.optionals */
  | { kind: 'name'; name: string }
  /** such a thing, called */
  | { kind: 'call'; name: string; line: string; args: Thunk[] }
  /** an attribute that a set does not have */
  | { kind: 'absent' }
  | Unread;

export interface AttributeSet {
  kind: 'set';
  names: Map<string, Thunk>;
  /** why there can be other names in it; null if there are none */
  open: string | null;
}

interface Unread {
  kind: 'unread';
  reason: string;
}

export const unread = (reason: string): Unread => ({ kind: 'unread', reason });
export const absent: Form = { kind: 'absent' };
export const emptyList: Form = { kind: 'list', items: [] };
export const string = (...pieces: (string | null)[]): Form => ({ kind: 'string', pieces });
export const setOf = (names: Map<string, Thunk> = new Map(), open: string | null = null): AttributeSet => ({
  kind: 'set',
  names,
  open,
});

/** The names that an expression sees. */
export interface Scope {
  names: Map<string, Thunk>;
  parent: Scope | null;
  /** the set of a `with`: weaker than any name around it */
  fallback?: Thunk;
  /** why a name that is not here may have been lost from here */
  open?: string | null;
  source: Source;
}

/** The file that is read, and the ones that it imports. */
export interface Source {
  directory: string;
  /** @throws {FileNeeded} */
  imported(path: string): Form;
}

/** A file that must be loaded first; then everything is read again. */
export class FileNeeded extends Error {
  override name = 'FileNeeded';
  constructor(readonly path: string) {
    super(path);
  }
}

/** A form that is read at most once; one that needs itself is not read. */
export function lazy(read: Thunk): Thunk {
  let state: 'new' | 'running' | Form = 'new';
  return () => {
    if (state === 'running') return unread('it refers to itself');
    if (state !== 'new') return state;
    state = 'running';
    try {
      state = read();
      return state;
    } finally {
      if (state === 'running') state = 'new';
    }
  };
}

export function lookUp(name: string, scope: Scope): Form {
  const fallbacks: Thunk[] = [];
  for (let at: Scope | null = scope; at; at = at.parent) {
    const found = at.names.get(name);
    if (found) return found();
    if (at.open) return unread(at.open);
    if (at.fallback) fallbacks.push(at.fallback);
  }
  for (const fallback of fallbacks) {
    const set = fallback();
    const found = set.kind === 'set' ? set.names.get(name) : undefined;
    if (found) return found();
  }
  return fallbacks.length > 0 || builtIn.has(name)
    ? { kind: 'name', name }
    : unread(`${name} is not defined`);
}

/** Names that every Nix expression sees. */
const builtIn = new Set([
  'builtins',
  'true',
  'false',
  'null',
  'import',
  'map',
  'removeAttrs',
  'throw',
  'toString',
]);

/** A condition between two forms. Both stay, so that a patch that is not applied can be listed. */
export const choose = (condition: Fact<boolean>, yes: Thunk, no: Thunk): Form => ({
  kind: 'choice',
  condition,
  yes,
  no,
});

/** The form that counts, if every condition around it is known. */
export function settled(form: Form): Form {
  if (form.kind !== 'choice' || !form.condition.known) return form;
  return settled(form.condition.value ? form.yes() : form.no());
}

/** What a form gives; for a choice that is open, what both sides give. */
export function each(form: Form, read: (form: Form) => Form): Form {
  const at = settled(form);
  if (at.kind !== 'choice') return read(at);
  return choose(
    at.condition,
    lazy(() => each(at.yes(), read)),
    lazy(() => each(at.no(), read)),
  );
}

/** The text of a string; null if it is none, or not all of it is known. */
export function textOf(given: Form): string | null {
  const form = settled(given);
  if (form.kind === 'choice') {
    const [yes, no] = [textOf(form.yes()), textOf(form.no())];
    return yes === no ? yes : null;
  }
  if (form.kind !== 'string') return null;
  return form.pieces.every((piece) => piece !== null) ? form.pieces.join('') : null;
}
