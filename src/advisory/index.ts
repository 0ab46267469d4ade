import document from './advisory.json' with { type: 'json' };
import type { Advisory } from './schema.ts';

export type { Advisory };

/** What is known of the defect. The build validates the document against its schema. */
export const advisory = document as Advisory;

/** Whether a patch goes by one of the names under which distributions carry the fix. */
export function fixPatch(patch: { name: string; url?: string }, advisory: Advisory): boolean {
  return advisory.patch.names.some((name) => patch.name.includes(name) || patch.url?.includes(name));
}
