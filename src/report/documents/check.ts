/** The document of `check`: whether a system has the fix, and how that was determined. */
import { driftSteps, nextSteps } from '../../verdict/advice.ts';
import type { Document } from '../document.ts';
import { confirm, type Inspected, inspectedDocument, publishedInspected } from './judged.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) =>
  z.strictObject({ ...publishedInspected(z, 'check'), advice: z.array(advice(z)) });

/** @param generate the command that writes the fix for the same system */
export function checkDocument(checked: Inspected, generate: string): Document<Published<typeof published>> {
  const { verdict, facts, advisory, drift, node } = checked;
  const unit = node?.unit.known ? node.unit.value.name : null;
  const first = drift ? driftSteps(drift.state, unit, generate) : [];
  // Where a restart is all that is missing, no other fix is.
  const later = nextSteps(verdict.state, facts, advisory, generate).filter(
    ({ code }) => code !== 'generate' || drift?.state !== 'not-in-effect',
  );
  const next = [...first, ...later];
  return inspectedDocument('check', checked, { advice: next }, { next, blocks: confirm(checked) });
}
