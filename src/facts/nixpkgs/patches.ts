/** The patches of a derivation, from the expression that lists them. */
import { type Fact, known, unknown } from '../fact.ts';
import type { Patch } from '../facts.ts';
import {
  application,
  bindings,
  field,
  type Node,
  NotUnderstood,
  parts,
  place,
  type Scope,
  stringText,
  unwrapped,
} from './syntax.ts';

/** A patch as it is listed; local is its path relative to the file, for one that lies beside it. */
export type ListedPatch = Patch & { local: string | null };

const contentNotRead = unknown('its content was not read');
const unconditional = known(true, 'listed without a condition');

/**
 * Every patch that the expression can list, each with whether it applies on NixOS.
 * @throws {NotUnderstood} at a form that is not known: what it lists cannot be told
 */
export function listPatches(node: Node, scope: Scope, applies: Fact<boolean> = unconditional): ListedPatch[] {
  const expression = unwrapped(node);
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
  if (expression.type === 'variable_expression') {
    const value = scope.get(expression.text);
    // The name is taken out of the scope, so that a definition by itself ends.
    if (value)
      return listPatches(value, new Map([...scope].filter(([name]) => name !== expression.text)), applies);
  }
  const call = application(expression);
  const [when, what] = call?.args ?? [];
  if (call?.args.length === 2 && when && what) {
    const under = both(applies, condition(when));
    if (/(^|\.)optionals$/.test(call.name)) return again(what, under);
    if (/(^|\.)optional$/.test(call.name)) return [patch(what, scope, under)];
  }
  throw new NotUnderstood(`${place(expression)}: the patches are listed in a form that is not known`);
}

function patch(element: Node, scope: Scope, applies: Fact<boolean>): ListedPatch {
  const node = unwrapped(element);
  const base = { applies, touchesDefect: contentNotRead };
  if (node.type === 'path_expression') {
    return {
      ...base,
      name: node.text.split('/').at(-1) ?? node.text,
      local: node.text.includes('${') ? null : node.text,
    };
  }
  if (node.type === 'variable_expression') {
    const value = scope.get(node.text);
    if (value) return patch(value, new Map([...scope].filter(([name]) => name !== node.text)), applies);
  }
  const call = application(node);
  const argument = call?.args[0] && unwrapped(call.args[0]);
  if (call?.args.length === 1 && argument && /(^|\.)fetch(patch2?|url|urlBoot)$/.test(call.name)) {
    const fetched = bindings(argument, scope);
    const text = (name: string): string | null => {
      const value = fetched.get(name);
      return value ? stringText(value) : null;
    };
    const url = text('url') ?? firstUrl(fetched.get('urls'));
    const name = text('name') ?? url?.split('/').at(-1);
    if (name !== undefined) return { ...base, name, local: null, ...(url === null ? {} : { url }) };
  }
  throw new NotUnderstood(`${place(node)}: a patch is given in a form that is not known`);
}

function firstUrl(urls: Node | undefined): string | null {
  const first = urls && parts(unwrapped(urls))[0];
  return first ? stringText(first) : null;
}

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
  return unknown(`its condition is ${text.slice(0, 100)}`);
}

const negated = (fact: Fact<boolean>): Fact<boolean> =>
  fact.known ? known(!fact.value, `not ${fact.evidence}`) : fact;

/** Both hold; one that does not decides, whatever the other is. */
function both(one: Fact<boolean>, other: Fact<boolean>): Fact<boolean> {
  const no = [one, other].find((fact) => fact.known && !fact.value);
  return no ?? [one, other].find((fact) => !fact.known) ?? other;
}
