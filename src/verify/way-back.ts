/** Whether a rollback is called for, and what it means for the outcome. Pure. */
import type { Outcome } from './outcome.ts';
import type { PhaseReport } from './phase.ts';
import type { Shared } from './shared.ts';

export type ReasonToGoBack = 'not-fixed' | 'interrupted' | 'no-kubelet' | 'out-of-time';

/**
 * Why the node has to go back; null if it does not. Evidence that is missing is no reason: on a worker some always
 * is. Nor is a kubelet that was not restarted yet: the mount that it will get was tested, and works.
 */
export function reasonToGoBack(
  { rollsBack, activated, signal }: Pick<Shared, 'rollsBack' | 'activated' | 'signal'>,
  reports: PhaseReport[],
): ReasonToGoBack | null {
  if (!rollsBack || !activated) return null;
  if (signal.aborted) return 'interrupted';
  const states = reports.filter(({ name }) => name !== 'gate').map(({ state }) => state);
  if (states.includes('failed')) return 'not-fixed';
  if (states.includes('not-in-effect')) return null;
  return states.includes('affected') || states.includes('lost-at-restart') ? 'not-fixed' : null;
}

interface WayBack {
  reason: ReasonToGoBack | null;
  undone: PhaseReport[];
  /** the rollback of an earlier run, in words */
  armed: string | null;
}

/** A node that went back, or will go back, is not proven, whatever its phases found before that. */
export function outcomeAfter(outcome: Outcome, { reason, undone, armed }: WayBack): Outcome {
  const causes = undone.map(({ because }) => because).join('; ');
  if (reason === 'no-kubelet' && outcome.state !== 'failed') {
    const because = `kubelet ran before, and does not run in the new system; rolled back (${causes})`;
    return { state: 'failed', because };
  }
  if (reason === 'out-of-time') {
    return { state: 'failed', because: `the proof took too long, and the node was rolled back: ${causes}` };
  }
  if (reason === 'interrupted' && outcome.state === 'undetermined') {
    return { state: 'undetermined', because: `interrupted; rolled back (${causes})` };
  }
  if (armed !== null && outcome.state === 'proven') {
    return { state: 'undetermined', because: `it works now, but it will not stay: ${armed}` };
  }
  return outcome;
}
