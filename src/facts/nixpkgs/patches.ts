/** The patches of a derivation, from the expression that lists them. */
import { type Fact, known, NotUnderstood, unknown } from '../fact.ts';
import type { Patch } from '../facts.ts';
import {
  application,
  bindings,
  field,
  lookUp,
  type Node,
  parts,
  place,
  type Scope,
  stringText,
  unwrapped,
} from './syntax.ts';

/** A patch as it is listed; local is its path relative to the file, for one beside it. */
export type ListedPatch = Patch & { local: string | null };

const contentNotRead = unknown('not-tried', 'its content was not read');
const unconditional = known(true, 'listed without a condition');

/**
 * Every patch that the expression can list, each with whether it applies on NixOS.
 * @throws {NotUnderstood} at an unknown form, which could list anything
 */
export function listPatches(node: Node, names: Scope, applies: Fact<boolean> = unconditional): ListedPatch[] {
  const [expression, scope] = lookUp(node, names);
  const again = (inner: Node, also: Fact<boolean> = applies): ListedPatch[] =>
    listPatches(inner, scope, also);

  if (expression.type === 'list_expression') {
    return parts(expression).map((element) => patch(element, scope, applies));
  }
  if (expression.type === 'binary_expression' && field(expression, 'operator').text === '++') {
    return [...again(field(expression, 'left')), ...again(field(expression, 'right'))];
  }
  if (expression.type === 'if_expression') {
    const holds = condition(field(expression, 'condition'));
    return [
      ...again(field(expression, 'consequence'), both(applies, holds)),
      ...again(field(expression, 'alternative'), both(applies, negated(holds))),
    ];
  }
  const call = application(expression);
  const [when, what] = call?.args ?? [];
  if (call?.args.length === 2 && when && what) {
    const under = both(applies, condition(when));
    if (/(^|\.)optionals$/.test(call.name)) return again(what, under);
    if (/(^|\.)optional$/.test(call.name)) return [patch(what, scope, under)];
  }
  throw new NotUnderstood(`${place(expression)}: the patches are listed in an unknown form`);
}

function patch(element: Node, names: Scope, applies: Fact<boolean>): ListedPatch {
  const [node, scope] = lookUp(element, names);
  const base = { applies, touchesDefect: contentNotRead };
  if (node.type === 'path_expression') {
    const local = node.text.includes('${') ? null : node.text;
    return { ...base, name: node.text.split('/').at(-1) ?? node.text, local };
  }
  const call = application(node);
  const argument = call?.args[0] && unwrapped(call.args[0]);
  if (call?.args.length === 1 && argument && /(^|\.)fetch(patch2?|url|urlBoot)$/.test(call.name)) {
    const fetched = bindings(argument, scope);
    const urls = fetched.get('urls');
    const url = textOf(fetched.get('url')) ?? textOf(urls && parts(unwrapped(urls))[0]);
    const name = textOf(fetched.get('name')) ?? url?.split('/').at(-1);
    if (name !== undefined) return { ...base, name, local: null, ...(url === null ? {} : { url }) };
  }
  throw new NotUnderstood(`${place(node)}: a patch has an unknown form`);
}

const textOf = (node: Node | undefined): string | null => (node ? stringText(node) : null);

/** Platforms that NixOS does not run on. */
const notNixos =
  /^(stdenv\.)?(host|target|build)?Platform\.is(Darwin|FreeBSD|OpenBSD|NetBSD|BSD|SunOS|Windows|Cygwin|Wasi|Genode)$|^stdenv\.is(Darwin|BSD|SunOS|Cygwin)$/;
const nixos = /^(stdenv\.)?(host|target|build)?Platform\.is(Linux|Unix)$|^stdenv\.isLinux$/;

/** Whether a condition holds when util-linux is built for NixOS. */
function condition(node: Node): Fact<boolean> {
  const expression = unwrapped(node);
  const text = expression.text.replace(/\s+/g, ' ');
  if (expression.type === 'unary_expression' && field(expression, 'operator').text === '!') {
    return negated(condition(field(expression, 'argument')));
  }
  if (expression.type === 'binary_expression') {
    const operator = field(expression, 'operator').text;
    const [left, right] = [condition(field(expression, 'left')), condition(field(expression, 'right'))];
    if (operator === '&&') return both(left, right);
    if (operator === '||') return negated(both(negated(left), negated(right)));
  }
  if (text === 'true' || nixos.test(text)) return known(true, text);
  if (text === 'false' || notNixos.test(text)) return known(false, text);
  return unknown('not-understood', `its condition is not understood: ${text.slice(0, 100)}`);
}

const negated = (fact: Fact<boolean>): Fact<boolean> =>
  fact.known ? known(!fact.value, `not ${fact.evidence}`) : fact;

/** Whether both hold; a false one decides, whatever the other is. */
function both(first: Fact<boolean>, second: Fact<boolean>): Fact<boolean> {
  const no = [first, second].find((fact) => fact.known && !fact.value);
  return no ?? [first, second].find((fact) => !fact.known) ?? second;
}
