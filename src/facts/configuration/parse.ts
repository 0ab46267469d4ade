/** Parses a file of a configuration. */
import { NotUnderstood } from '../fact.ts';
import { broken, type Node, type ParsedSource, parseNix } from '../nixpkgs/syntax.ts';
import { lineOf, walk } from './nix.ts';
import type { Known, Scope } from './scope.ts';
import type { Unread } from './walk.ts';

/** A file of a configuration has some hundred lines. */
const limits = { what: 'a file of a configuration', ms: 1000, nodes: 60_000 };

export interface File extends ParsedSource {
  file: string;
  scope: Scope;
}

/** A file that is not Nix is named: what it has is not known. */
export async function parseInto(
  files: Map<string, File>,
  file: string,
  text: string,
  known: Known,
  unread: Unread[],
): Promise<void> {
  const refuse = (reason: string): void => {
    unread.push({ path: file, reason });
  };
  try {
    const parsed = await parseNix(text, limits);
    if (parsed.root.hasError) {
      const line = lineOf(firstError(parsed.root));
      parsed.free();
      return refuse(`line ${line} does not parse`);
    }
    files.set(file, { file, ...parsed, scope: scopeOf(file, known) });
  } catch (error) {
    if (error instanceof RangeError) return refuse('it is nested too deeply');
    if (!(error instanceof NotUnderstood)) throw error;
    refuse(error.message);
  }
}

const scopeOf = (file: string, known: Known): Scope => ({
  ...{ file, known, fixed: new Map(), foreign: new Map(), texts: new Map() },
});

function firstError(root: Node): Node {
  let found = root;
  walk(root, (node) => {
    if (found !== root || !node.hasError) return false;
    if (broken(node)) found = node.children.find((child) => child?.isError || child?.isMissing) ?? node;
    return undefined;
  });
  return found;
}
