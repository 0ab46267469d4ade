/** What a file says in so many words, where its structure cannot be read. */
import { bindingsOf, type Node } from './syntax.ts';

/** The text of a plain string; null for anything else. */
const literal = (text: string): string | null => /^"([^"$\\]*)"$/.exec(text)?.[1] ?? null;

/** The name in a file whose structure cannot be read: its only one. */
export function literalName(root: Node): string | null {
  const names = ['pname', 'name'].flatMap((name) => bindingsOf(root, name));
  return /^"(util-linux)\b/.exec(names[0] ?? '')?.[1] ?? null;
}

/** The version in such a file, if it names exactly one. */
export function literalVersion(root: Node): string | null {
  // In what does not parse it can stand outside of a binding.
  if ((root.text.match(/\bversion\b["\s]*=(?!=)/g) ?? []).length !== 1) return null;
  return literal(bindingsOf(root, 'version')[0] ?? '');
}
