/**
 * Reads a Nix expression: one rule for each kind of node, none of which knows what is around it. What comes from
 * outside of the file stays a name; what cannot be read says so, and hides nothing else.
 */
import path from 'node:path';
import { condition, negated } from './conditions.ts';
import {
  absent,
  choose,
  type Form,
  lazy,
  lookUp,
  type Scope,
  type Source,
  setOf,
  settled,
  string,
  type Thunk,
  unread,
} from './forms.ts';
import { apply } from './functions.ts';
import { operate, piecesOf } from './operators.ts';
import { attribute, bindingsIn } from './sets.ts';
import { broken, childOf, field, type Node, parts, place, topOf } from './syntax.ts';

type Rule = (node: Node, scope: Scope) => Form;

/** What a file is, whose text is parsed. */
export function evaluateFile(root: Node, source: Source): Form {
  const scope: Scope = { names: new Map(), parent: null, source };
  const top = topOf(root);
  return top && !broken(root) ? evaluate(top, scope) : unread(`${place(root)} does not parse`);
}

function evaluate(node: Node, scope: Scope): Form {
  const rule = rules[node.type];
  if (!rule) return unread(`${place(node)}: ${node.type.replaceAll('_', ' ')} is not understood`);
  const tolerant = node.type.includes('attrset') || node.type === 'let_expression';
  return broken(node) && !tolerant ? unread(`${place(node)} does not parse`) : rule(node, scope);
}

/** A field of the node, read when it is asked for. */
const part = (node: Node, name: string, scope: Scope): Thunk => {
  const child = field(node, name);
  return lazy(() => evaluate(child, scope));
};

const body: Rule = (node, scope) => evaluate(field(node, 'body'), scope);
const inside = (scope: Scope, names: Scope['names']): Scope => ({
  names,
  parent: scope,
  source: scope.source,
});

/** A set or a let whose bindings see each other. */
function recursive(node: Node, scope: Scope): { inner: Scope; open: string | null } {
  const inner = inside(scope, new Map());
  const { names, open } = bindingsIn(node, inner, scope, evaluate);
  inner.names = names;
  return { inner, open };
}

const rules: Readonly<Record<string, Rule>> = {
  parenthesized_expression: (node, scope) => evaluate(field(node, 'expression'), scope),
  assert_expression: body,
  let_expression(node, scope) {
    const { inner, open } = recursive(node, scope);
    return body(node, { ...inner, open });
  },
  with_expression: (node, scope) =>
    body(node, { ...inside(scope, new Map()), fallback: part(node, 'environment', scope) }),
  attrset_expression: (node, scope) => bindingsIn(node, scope, scope, evaluate),
  rec_attrset_expression(node, scope) {
    const { inner, open } = recursive(node, scope);
    return setOf(inner.names, open);
  },
  function_expression: (node, scope) => ({
    kind: 'function',
    call: (argument) => body(node, inside(scope, parameters(node, argument, scope))),
  }),
  apply_expression: (node, scope) => call(field(node, 'function'), field(node, 'argument'), scope),
  select_expression: select,
  if_expression: (node, scope) =>
    choose(
      holds(field(node, 'condition'), scope),
      part(node, 'consequence', scope),
      part(node, 'alternative', scope),
    ),
  binary_expression: (node, scope) => binary(node, scope),
  unary_expression: (node, scope) =>
    field(node, 'operator').text === '!'
      ? { kind: 'boolean', holds: negated(holds(field(node, 'argument'), scope)) }
      : unread(`${place(node)}: a number is not understood`),
  list_expression: (node, scope) => ({
    kind: 'list',
    items: parts(node).map((element) => lazy(() => evaluate(element, scope))),
  }),
  string_expression: (node, scope) => string(...pieces(node, scope)),
  indented_string_expression: (node, scope) => string(...pieces(node, scope)),
  path_expression: (node, scope) => ({
    kind: 'path',
    path: childOf(node, 'interpolation') ? null : path.posix.join(scope.source.directory, node.text),
    text: node.text,
  }),
  uri_expression: (node) => string(node.text),
  variable_expression: (node, scope) => lookUp(node.text, scope),
};

/** The names that a function has for its argument; a formal that is not passed is not known. */
function parameters(node: Node, argument: Thunk, scope: Scope): Scope['names'] {
  const names: Scope['names'] = new Map();
  const whole = node.childForFieldName('universal');
  if (whole) names.set(whole.text, argument);
  const formals = node.childForFieldName('formals');
  const inner = inside(scope, names);
  for (const formal of formals ? parts(formals) : []) {
    const name = formal.childForFieldName('name')?.text;
    if (name === undefined) continue;
    const otherwise = formal.childForFieldName('default');
    const value = (): Form => {
      const set = argument();
      const found = attribute(set, name);
      if (found.kind === 'absent') return otherwise ? evaluate(otherwise, inner) : absent;
      return set.kind === 'set' && !set.names.has(name) ? { kind: 'name', name } : found;
    };
    names.set(name, lazy(value));
  }
  return names;
}

function call(callee: Node, argument: Node, scope: Scope): Form {
  const value = lazy(() => evaluate(argument, scope));
  const head = evaluate(callee, scope);
  const isImport = head.kind === 'name' && /^(builtins\.)?import$/.test(head.name);
  const isCallPackage = head.kind === 'name' && /(^|\.)callPackages?$/.test(head.name);
  if (isImport) return imported(value(), argument, scope);
  const file: Thunk = lazy(() => {
    const form = value();
    return form.kind === 'path' ? imported(form, argument, scope) : form;
  });
  return apply(head, isCallPackage ? file : value, place(callee));
}

function imported(form: Form, node: Node, { source }: Scope): Form {
  if (form.kind !== 'path' || form.path === null) return unread(`${place(node)}: the import is computed`);
  return source.imported(form.path);
}

function select(node: Node, scope: Scope): Form {
  const names = parts(field(node, 'attrpath'));
  let form = settled(evaluate(field(node, 'expression'), scope));
  for (const name of names) {
    const text = name.type === 'identifier' ? name.text : null;
    form = text === null ? unread(`${place(node)}: the name is computed`) : settled(attribute(form, text));
  }
  const otherwise = node.childForFieldName('default');
  if (!otherwise || (form.kind !== 'absent' && form.kind !== 'name')) return form;
  return form.kind === 'absent'
    ? evaluate(otherwise, scope)
    : unread(`${place(node)}: what ${form.name} is, is not known`);
}

const holds = (node: Node, scope: Scope) => condition(evaluate(node, scope));

const binary: Rule = (node, scope) =>
  operate(field(node, 'operator').text, part(node, 'left', scope), part(node, 'right', scope), node.text) ??
  unread(`${place(node)}: this operator is not understood`);

function pieces(node: Node, scope: Scope): (string | null)[] {
  return parts(node).flatMap((piece): (string | null)[] => {
    if (piece.type === 'string_fragment') return [piece.text];
    if (piece.type !== 'interpolation') return [null];
    const form = evaluate(field(piece, 'expression'), scope);
    return piecesOf(form);
  });
}
