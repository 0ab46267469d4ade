/** Nix source as a tree, read with the tree-sitter grammar, and the few forms of it that nixpkgs files use. */
import grammar from '@cursorless/tree-sitter-wasms/out/tree-sitter-nix.wasm';
import { Language, type Node, Parser } from 'web-tree-sitter';
import runtime from 'web-tree-sitter/web-tree-sitter.wasm';
import { NotUnderstood } from '../fact.ts';

export type { Node };

let language: Promise<Language> | undefined;

async function loadLanguage(): Promise<Language> {
  await Parser.init({ wasmBinary: runtime });
  return Language.load(grammar);
}

/** A real file takes 20 ms; one that is no Nix can take hours, as the parser tries to make sense of its errors. */
const mostMs = 2500;

/**
 * Parses Nix source. The tree may contain errors; readers refuse a part that has one.
 * @throws {NotUnderstood} when there is no tree at all, or none in time
 */
export async function parseNix(source: string): Promise<Node> {
  language ??= loadLanguage();
  const nix = await language;
  const parser = new Parser().setLanguage(nix);
  const end = performance.now() + mostMs;
  let isLate = false;
  const progressCallback = (): boolean => {
    isLate = performance.now() > end;
    return isLate;
  };
  const tree = parser.parse(source, null, { progressCallback });
  parser.delete();
  if (isLate) throw new NotUnderstood('it takes too long to parse, so it is not the file of util-linux');
  const root = tree?.rootNode.childForFieldName('expression');
  if (!root) throw new NotUnderstood('it is not a Nix expression');
  return root;
}

/** "line 12", for messages. */
export const place = (node: Node): string => `line ${node.startPosition.row + 1}`;

/** @throws {NotUnderstood} when the node contains a syntax error */
export function sound(node: Node): Node {
  if (node.hasError) throw new NotUnderstood(`${place(node)} does not parse`);
  return node;
}

/** The named children, without comments. */
export const parts = (node: Node): Node[] =>
  node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');

/** A field of a node that the grammar always gives it. */
export function field(node: Node, name: string): Node {
  const child = node.childForFieldName(name);
  if (!child) throw new NotUnderstood(`${place(node)} does not parse`);
  return child;
}

/** The expression without parentheses. */
export function unwrapped(node: Node): Node {
  return node.type === 'parenthesized_expression' ? unwrapped(field(node, 'expression')) : node;
}

/** The names in scope around an attribute set, from let bindings. */
export type Scope = Map<string, Node>;

/** What a name in the scope stands for, and the scope without it, so that a self-reference ends. */
export function lookUp(node: Node, scope: Scope): [Node, Scope] {
  const inner = unwrapped(node);
  const value = inner.type === 'variable_expression' ? scope.get(inner.text) : undefined;
  if (!value) return [inner, scope];
  return lookUp(value, new Map([...scope].filter(([name]) => name !== inner.text)));
}

/** The bindings of an attribute set or a let, by dotted name; an inherited name is looked up in the scope. */
export function bindings(node: Node, scope: Scope = new Map()): Map<string, Node> {
  const found = new Map<string, Node>();
  const set = parts(node).find(({ type }) => type === 'binding_set');
  for (const part of set ? parts(set) : []) {
    if (part.type === 'binding') found.set(field(part, 'attrpath').text, field(part, 'expression'));
    if (part.type === 'inherit') {
      for (const name of part.childForFieldName('attrs')?.namedChildren ?? []) {
        const value = name && scope.get(name.text);
        if (value) found.set(name.text, value);
      }
    }
  }
  return found;
}

/** An application of one function to its arguments: `f a b` is f with [a, b]. */
export function application(node: Node): { name: string; args: Node[] } | null {
  const args: Node[] = [];
  let head = node;
  while (head.type === 'apply_expression') {
    args.unshift(field(head, 'argument'));
    head = unwrapped(field(head, 'function'));
  }
  return args.length === 0 ? null : { name: head.text, args };
}

/** The text of a string, with interpolations as they are written; null if the node is not a string. */
export function stringText(node: Node): string | null {
  const inner = unwrapped(node);
  return inner.type === 'string_expression' ? inner.text.slice(1, -1) : null;
}
