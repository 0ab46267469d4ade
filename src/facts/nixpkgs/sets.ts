/** Attribute sets: their bindings, an attribute of one, and two of them merged. */
import {
  type AttributeSet,
  absent,
  each,
  type Form,
  lazy,
  lookUp,
  type Scope,
  setOf,
  settled,
  textOf,
  unread,
} from './forms.ts';
import { broken, childOf, field, type Node, parts, place } from './syntax.ts';

/** Reads an expression; passed in, because reading one needs sets. */
export type Evaluate = (node: Node, scope: Scope) => Form;

const doesNotParse = (node: Node): string => `${place(node)} does not parse`;

/**
 * The bindings of a set or a let.
 * @param inner what the values see; `inherit` sees the outer scope
 */
export function bindingsIn(node: Node, inner: Scope, outer: Scope, evaluate: Evaluate): AttributeSet {
  const list = childOf(node, 'binding_set');
  const isBroken = broken(node) || (list !== undefined && broken(list));
  const found = setOf(new Map(), isBroken ? doesNotParse(node) : null);
  for (const part of list ? parts(list) : []) {
    if (part.type === 'binding') bind(found, part, inner, evaluate);
    if (part.type === 'inherit' || part.type === 'inherit_from') {
      const from = part.childForFieldName('expression');
      const source = from && lazy(() => evaluate(from, inner));
      for (const name of parts(field(part, 'attrs'))) {
        found.names.set(
          nameOf(name, inner, evaluate) ?? name.text,
          lazy(() => (source ? attribute(source(), name.text) : lookUp(name.text, outer))),
        );
      }
    }
  }
  if (isBroken) doubt(found, [node, ...(list ? [list] : [])]);
  return found;
}

/** A name that is also in what does not parse may have another value there. */
function doubt({ names, open }: AttributeSet, nodes: Node[]): void {
  const errors = nodes.flatMap((node) => node.children.filter((child) => child?.isError));
  const words = new Set(errors.flatMap((error) => error?.text.match(/[\w'-]+/g) ?? []));
  for (const name of names.keys()) if (words.has(name)) names.set(name, () => unread(open ?? ''));
}

function bind(set: AttributeSet, binding: Node, scope: Scope, evaluate: Evaluate): void {
  const names = parts(field(binding, 'attrpath')).map((name) => nameOf(name, scope, evaluate));
  const value = lazy(() =>
    broken(binding) ? unread(doesNotParse(binding)) : evaluate(field(binding, 'expression'), scope),
  );
  const last = names.pop();
  let target = set;
  for (const name of names) {
    if (name === null) break;
    const existing = target.names.get(name)?.();
    const next = existing?.kind === 'set' ? existing : setOf();
    target.names.set(name, () => next);
    target = next;
  }
  if (last == null || names.includes(null)) target.open ??= `${place(binding)}: the name is computed`;
  // Nix refuses it; it is what a merge conflict leaves behind.
  else if (target.names.has(last))
    target.names.set(last, () => unread(`${place(binding)}: ${last} is set twice`));
  else target.names.set(last, value);
}

/** null for a name that is computed */
function nameOf(node: Node, scope: Scope, evaluate: Evaluate): string | null {
  if (node.type === 'identifier') return node.text;
  return node.type === 'string_expression' ? textOf(evaluate(node, scope)) : null;
}

/** An attribute of a form, whatever it is. */
export function attribute(form: Form, name: string): Form {
  switch (form.kind) {
    case 'choice':
      return each(form, (side) => attribute(side, name));
    case 'set':
      return form.names.get(name)?.() ?? (form.open === null ? absent : unread(form.open));
    case 'derivation':
      if (name === 'overrideAttrs') return { kind: 'function', call: form.override };
      return name === 'finalPackage' ? form : attribute(form.attributes(), name);
    case 'name':
      return { kind: 'name', name: `${form.name}.${name}` };
    case 'unread':
      return form;
    case 'call':
      return unread(`${form.line}: ${form.name} is not understood`);
    default:
      return absent;
  }
}

/** left // right */
export function merged(first: Form, second: Form): Form {
  const [left, right] = [settled(first), settled(second)];
  if (right.kind === 'choice') return each(right, (side) => merged(left, side));
  if (left.kind === 'choice') return each(left, (side) => merged(side, right));
  // What is not known can replace anything.
  if (right.kind !== 'set') return setOf(new Map(), whyOpen(right));
  if (left.kind !== 'set') return setOf(right.names, right.open ?? whyOpen(left));
  if (right.open !== null) return right;
  return setOf(new Map([...left.names, ...right.names]), left.open);
}

const whyOpen = (form: Form): string => {
  if (form.kind === 'unread') return form.reason;
  return form.kind === 'name' || form.kind === 'call'
    ? `what ${form.name} has is not known`
    : 'it is merged with what is no set';
};
