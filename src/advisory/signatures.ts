/** Finds the defect's known messages in what a program or the cluster reported. */
import type { Advisory } from './index.ts';

export type Signature = Advisory['signatures'][number];

/**
 * The first signature, in the order of the advisory, that the text contains.
 * @param only signatures with these properties
 */
export function matchSignature(
  text: string,
  { signatures }: Pick<Advisory, 'signatures'>,
  only: Partial<Pick<Signature, 'proof' | 'mountSays'>> = {},
): { signature: Signature; match: string } | null {
  for (const signature of signatures) {
    if ((only.proof ?? signature.proof) !== signature.proof) continue;
    if ((only.mountSays ?? signature.mountSays) !== signature.mountSays) continue;
    const match = new RegExp(signature.pattern, 'u').exec(text)?.[0];
    if (match !== undefined) return { signature, match };
  }
  return null;
}
