/** Finds the defect's known messages in what a program, the cluster or a log reported. */
import type { Advisory } from './index.ts';

export type Signature = Advisory['signatures'][number];

/** A message of the defect, as it stands in a text. */
export interface Match {
  signature: Signature;
  match: string;
  /** in the text, in characters */
  index: number;
}

/** A pattern is compiled once: logs are matched line by line. */
const compiled = new Map<string, RegExp>();

function patternOf({ pattern }: Signature): RegExp {
  const known = compiled.get(pattern) ?? new RegExp(pattern, 'gu');
  compiled.set(pattern, known);
  known.lastIndex = 0;
  return known;
}

/**
 * The first signature, in the order of the advisory, that the text contains.
 * @param only signatures with these properties
 */
export function matchSignature(
  text: string,
  { signatures }: Pick<Advisory, 'signatures'>,
  only: Partial<Pick<Signature, 'proof' | 'mountSays'>> = {},
): Match | null {
  for (const signature of signatures) {
    if ((only.proof ?? signature.proof) !== signature.proof) continue;
    if ((only.mountSays ?? signature.mountSays) !== signature.mountSays) continue;
    const found = patternOf(signature).exec(text);
    if (found) return { signature, match: found[0], index: found.index };
  }
  return null;
}

/** Every signature in the text, wherever it stands, in the order of the advisory. */
export function matchSignatures(text: string, { signatures }: Pick<Advisory, 'signatures'>): Match[] {
  const matches: Match[] = [];
  for (const signature of signatures) {
    const pattern = patternOf(signature);
    for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
      matches.push({ signature, match: found[0], index: found.index });
    }
  }
  return matches;
}
