/** Nix source as a tree, read with the tree-sitter grammar. */
import grammar from '@cursorless/tree-sitter-wasms/out/tree-sitter-nix.wasm';
import { Language, type Node, Parser, type Tree } from 'web-tree-sitter';
import runtime from 'web-tree-sitter/web-tree-sitter.wasm';
import { NotUnderstood } from '../fact.ts';

export type { Node };

let parser: Promise<Parser> | undefined;

async function makeParser(): Promise<Parser> {
  await Parser.init({ wasmBinary: runtime });
  return new Parser().setLanguage(await Language.load(grammar));
}

/** Source that was parsed; its nodes are valid until it is freed, which nothing does by itself. */
export interface ParsedSource {
  root: Node;
  free(): void;
}

/** What may be parsed. */
interface Limits {
  /** what it should be, for messages */
  what: string;
  ms: number;
  nodes: number;
}

/**
 * A real file takes 20 ms; one that is no Nix can take hours, as the parser tries to make sense of its errors. The
 * real file has a few thousand nodes; what nests more deeply takes longer to read by the square.
 */
const ofPackage: Limits = { what: 'the file of util-linux', ms: 2500, nodes: 30_000 };

/**
 * Parses Nix source. The tree may contain errors: see `broken`.
 * @throws {NotUnderstood} when there is no tree at all, or none in time
 */
export async function parseNix(source: string, limits = ofPackage): Promise<ParsedSource> {
  parser ??= makeParser();
  const tree = treeOf(await parser, source, limits);
  const root = tree?.rootNode;
  if (!tree || !root || root.namedChildCount === 0) {
    tree?.delete();
    throw new NotUnderstood('it is not a Nix expression');
  }
  if (root.descendantCount > limits.nodes) {
    tree.delete();
    throw new NotUnderstood(`it is too long to be ${limits.what}`);
  }
  return { root, free: () => tree.delete() };
}

/** The grammar's scanner gives up, at times for good, on what exceeds its memory. */
function treeOf(ready: Parser, source: string, { what, ms }: Limits): Tree | null {
  try {
    ready.reset();
    const end = performance.now() + ms;
    let isLate = false;
    const progressCallback = (): boolean => {
      isLate = performance.now() > end;
      return isLate;
    };
    const tree = ready.parse(source, null, { progressCallback });
    if (isLate) throw new NotUnderstood(`it takes too long to parse, so it is not ${what}`);
    return tree;
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError')
      throw new NotUnderstood('it is too large to be parsed');
    throw error;
  }
}

/** The expression of a file; undefined if it has none. */
export const topOf = (root: Node): Node | null => root.childForFieldName('expression');

/** "line 12", for messages. */
export const place = (node: Node): string => `line ${node.startPosition.row + 1}`;

/** Whether an error is directly in the node: then it, or what it lists, may not be what it seems. */
export const broken = (node: Node): boolean =>
  node.isError || node.isMissing || node.children.some((child) => child?.isError || child?.isMissing);

/** The named children, without comments. */
export const parts = (node: Node): Node[] =>
  node.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');

/** The child of this type; undefined if there is none. */
export const childOf = (node: Node, type: string): Node | undefined =>
  parts(node).find((child) => child.type === type);

/** A field of a node that the grammar always gives it. @throws {NotUnderstood} */
export function field(node: Node, name: string): Node {
  const child = node.childForFieldName(name);
  if (!child) throw new NotUnderstood(`${place(node)} does not parse`);
  return child;
}

/** Every binding of a name in the tree, at any depth, with the text of its value. */
export function bindingsOf(root: Node, name: string): string[] {
  return root.descendantsOfType('binding').flatMap((binding) => {
    if (binding?.childForFieldName('attrpath')?.text !== name) return [];
    return [binding.childForFieldName('expression')?.text ?? ''];
  });
}
