/** Parses a file of a configuration. */
import { NotUnderstood } from '../fact.ts';
import { broken, type Node as ParsedNode, parseNix, place } from '../nixpkgs/syntax.ts';
import { type Node, treeOf } from './expression.ts';
import type { Known, Scope } from './scope.ts';
import type { Unread } from './walk.ts';

/** A file of a configuration has some hundred lines. */
const limits = { what: 'a file of a configuration', ms: 1000, nodes: 60_000 };

export interface File {
  file: string;
  root: Node;
  scope: Scope;
}

/** @throws {NotUnderstood} if it is not Nix, or too large to be read */
export async function parseText(text: string): Promise<Node> {
  try {
    const { root, free } = await parseNix(text, limits);
    try {
      if (root.hasError) throw new NotUnderstood(`${place(firstError(root))} does not parse`);
      return treeOf(root, text);
    } finally {
      free();
    }
  } catch (error) {
    if (error instanceof RangeError) throw new NotUnderstood('it is nested too deeply');
    throw error;
  }
}

/** Parses files; one that is not Nix is named: what it has is not known. */
export async function parseFiles(
  texts: readonly [file: string, text: string][],
  known: Known,
  unread: Unread[],
): Promise<File[]> {
  const files: File[] = [];
  for (const [file, text] of texts) {
    try {
      const scope: Scope = { file, known, fixed: new Map(), foreign: new Map(), texts: new Map() };
      files.push({ file, root: await parseText(text), scope });
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      unread.push({ path: file, reason: error.message });
    }
  }
  return files;
}

/** The innermost first node with an error. */
function firstError(node: ParsedNode): ParsedNode {
  let found = node;
  for (let next: ParsedNode | undefined = node; next; ) {
    found = next;
    if (broken(found) && found !== node) break;
    next = found.children.find((child) => child?.hasError || child?.isMissing) ?? undefined;
  }
  return found;
}
