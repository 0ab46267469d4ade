/** Nix source as plain objects: they are read many times, and each look into the parser's own tree takes long. */
import { NotUnderstood } from '../fact.ts';
import type { Node as ParsedNode } from '../nixpkgs/syntax.ts';

/** A named node of the grammar, without comments. */
export class Node {
  readonly children: Node[] = [];

  constructor(
    readonly type: string,
    /** the place that it has in its parent, as the grammar calls it */
    readonly field: string | null,
    readonly startIndex: number,
    readonly endIndex: number,
    readonly parent: Node | null,
    readonly source: string,
  ) {}

  get text(): string {
    return this.source.slice(this.startIndex, this.endIndex);
  }

  childForFieldName(name: string): Node | null {
    return this.children.find(({ field }) => field === name) ?? null;
  }

  /** Itself and what is in it, of this type. */
  descendantsOfType(type: string): Node[] {
    const own = this.type === type ? [this as Node] : [];
    return [...own, ...this.children.flatMap((child) => child.descendantsOfType(type))];
  }

  /** The innermost node around a range of the text. */
  around(start: number, end: number): Node {
    const inner = this.children.find((child) => child.startIndex <= start && end <= child.endIndex);
    return inner ? inner.around(start, end) : this;
  }
}

export const parts = ({ children }: Node): Node[] => children;

/** What nests more deeply was not written by a person, and takes longer to read by the square. */
const mostDeep = 400;

/**
 * Copies a tree of the parser.
 * @throws {NotUnderstood} if it is nested too deeply
 */
export function treeOf(root: ParsedNode, source: string): Node {
  const cursor = root.walk();
  const top = new Node(cursor.nodeType, null, cursor.startIndex, cursor.endIndex, null, source);
  let parent: Node | null = top;
  let depth = 1;
  if (!cursor.gotoFirstChild()) parent = null;
  while (parent) {
    const isNode: boolean = cursor.nodeIsNamed && cursor.nodeType !== 'comment';
    if (isNode) {
      const { nodeType, currentFieldName, startIndex, endIndex } = cursor;
      const node: Node = new Node(nodeType, currentFieldName, startIndex, endIndex, parent, source);
      parent.children.push(node);
      if (cursor.gotoFirstChild()) {
        parent = node;
        depth += 1;
        if (depth > mostDeep) throw new NotUnderstood('it is nested too deeply');
        continue;
      }
    }
    while (parent && !cursor.gotoNextSibling()) {
      cursor.gotoParent();
      parent = parent.parent;
      depth -= 1;
    }
  }
  cursor.delete();
  return top;
}
