/** The document of `check`: whether a system has the fix, and how that was determined. */
import { type Advice, driftSteps, nextSteps } from '../../verdict/advice.ts';
import { unproven } from '../../verdict/confirmation.ts';
import type { Document } from '../document.ts';
import { confirm, type Inspected, inspectedDocument, publishedInspected } from './judged.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) =>
  z.strictObject({ ...publishedInspected(z, 'check'), advice: z.array(advice(z)) });

/** @param generate the command that writes the fix for the same system */
export function checkDocument(checked: Inspected, generate: string): Document<Published<typeof published>> {
  const next = stepsAfter(checked, generate);
  return inspectedDocument('check', checked, { advice: next }, { next, blocks: confirm(checked) });
}

function stepsAfter({ verdict, facts, advisory, drift, node, notes }: Inspected, generate: string): Advice[] {
  const unit = node?.unit.known ? node.unit.value.name : null;
  const first = drift ? driftSteps(drift.state, unit, generate) : [];
  // Where a restart is all that is missing, there is nothing to find out, and no other fix is needed.
  const waits = drift?.state === 'not-in-effect';
  const later = nextSteps(verdict.state, facts, advisory, generate).filter(
    ({ code }) => code !== 'generate' || !waits,
  );
  const csi: Advice[] = notes.some(({ code }) => code === 'csi-mount')
    ? [{ code: 'generate-wrapper', text: 'fix that mount too', command: `${generate} --strategy wrapper` }]
    : [];
  return [...first, ...(waits ? [] : unproven(verdict, facts, advisory)), ...later, ...csi];
}
