/** What is known about the defect. The build checks the document (scripts/advisory-shapes.ts). */
import advisory from './advisory.json' with { type: 'json' };

export { advisory };

export type Advisory = typeof advisory;

/** Whether a patch has one of the names under which distributions ship the fix. */
export function fixPatch(patch: { name: string; url?: string }, advisory: Advisory): boolean {
  return advisory.patch.names.some((name) => patch.name.includes(name) || patch.url?.includes(name));
}
