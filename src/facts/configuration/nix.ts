/** What the parts of a Nix expression say, as far as a configuration needs it. */
import { type Node, parts } from './expression.ts';

/**
 * The attribute names of a path; null for one that is computed.
 * @param texts what names that are bound to plain strings stand for
 */
export function namesOf(attrpath: Node | null, texts?: ReadonlyMap<string, string>): (string | null)[] {
  return (attrpath ? parts(attrpath) : []).map((attr) => {
    if (attr.type === 'identifier') return attr.text;
    if (attr.type === 'interpolation')
      return texts?.get(attr.childForFieldName('expression')?.text ?? '') ?? null;
    return attr.type === 'string_expression' ? plain(attr) : null;
  });
}

/** The text of a string without anything computed; null for another. */
export function plain(node: Node): string | null {
  const pieces = parts(node);
  if (!/string_expression$/.test(node.type) || pieces.some(({ type }) => type !== 'string_fragment'))
    return null;
  return pieces.map(({ text }) => text).join('');
}

/** Without parentheses. */
export function bare(node: Node): Node {
  const [inner] = node.type === 'parenthesized_expression' ? parts(node) : [];
  return inner ? bare(inner) : node;
}

/** A selection: what from, and the attributes. */
export interface Selected {
  from: Node;
  names: (string | null)[];
}

export function selected(node: Node): Selected | null {
  if (node.type !== 'select_expression') return null;
  const from = node.childForFieldName('expression');
  if (!from) return null;
  const names = namesOf(node.childForFieldName('attrpath'));
  const inner = selected(bare(from));
  return inner ? { from: inner.from, names: [...inner.names, ...names] } : { from: bare(from), names };
}

/** The function of a call, without its arguments, and the arguments. */
export function called(node: Node): { function: Node; args: Node[] } | null {
  if (node.type !== 'apply_expression') return null;
  const [callee, argument] = [node.childForFieldName('function'), node.childForFieldName('argument')];
  if (!callee || !argument) return null;
  const inner = called(bare(callee));
  return inner
    ? { function: inner.function, args: [...inner.args, argument] }
    : { function: bare(callee), args: [argument] };
}

/** The last name of a function: lib.mkForce and mkForce are mkForce. */
export function functionName(node: Node): string | null {
  if (node.type === 'variable_expression') return node.text;
  return selected(node)?.names.at(-1) ?? null;
}

/** Calls for every node of a tree, outside first, until it says to leave the inside out. */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const child of parts(node)) walk(child, visit);
}

const modifiers = [
  'mkForce',
  'mkBefore',
  'mkAfter',
  'mkDefault',
  'mkOverride',
  'mkOrder',
  'mkIf',
  'optionals',
];

/** The value that functions of the module system wrap, and whether it drops other definitions. */
export function unmodified(given: Node): { value: Node; isForced: boolean } {
  const node = bare(given);
  if (node.type === 'with_expression') {
    const body = node.childForFieldName('body');
    return body ? unmodified(body) : { value: node, isForced: false };
  }
  const call = called(node);
  const name = call && functionName(call.function);
  const last = call?.args.at(-1);
  if (!last || name === null || name === undefined || !modifiers.includes(name))
    return { value: node, isForced: false };
  const inner = unmodified(last);
  return { value: inner.value, isForced: inner.isForced || name === 'mkForce' || name === 'mkOverride' };
}

export const lineOf = ({ source, startIndex }: Node): number =>
  source.slice(0, startIndex).split('\n').length;
