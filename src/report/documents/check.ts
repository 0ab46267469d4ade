/** The document of `check`: whether a system has the fix, and how that was determined. */
import { type Advice, driftSteps, nextSteps } from '../../verdict/advice.ts';
import { unproven } from '../../verdict/confirmation.ts';
import { heldText } from '../../verdict/leftovers.ts';
import type { Document } from '../document.ts';
import { confirm, type Inspected, inspectedDocument, publishedInspected } from './judged.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) =>
  z.strictObject({
    ...publishedInspected(z, 'check'),
    held: z.array(z.string()).optional().describe('pods that leftovers hold although the fix works, by UID'),
    advice: z.array(advice(z)),
  });

/**
 * @param generate the command that writes the fix for the same system
 * @param held the UIDs of pods that leftovers hold although the fix works
 */
export function checkDocument(
  checked: Inspected,
  generate: string,
  held: string[],
): Document<Published<typeof published>> {
  const next = stepsAfter(checked, generate, held);
  const own = { ...(held.length > 0 ? { held } : {}), advice: next };
  // The fix works, but that is not what a person sees first.
  const headline = held.length > 0 ? { headline: `fixed; ${heldText(held)} (${sweepCommand})` } : {};
  return inspectedDocument('check', checked, own, { next, ...headline, blocks: confirm(checked) });
}

const sweepCommand = 'subpathfix sweep --apply';
const sweepThem: Advice = { code: 'sweep', text: 'remove them', command: `sudo ${sweepCommand}` };

function stepsAfter(
  { verdict, facts, advisory, drift, node, notes }: Inspected,
  generate: string,
  held: string[],
): Advice[] {
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
  const sweep = held.length > 0 ? [sweepThem] : [];
  return [...first, ...sweep, ...(waits ? [] : unproven(verdict, facts, advisory)), ...later, ...csi];
}
