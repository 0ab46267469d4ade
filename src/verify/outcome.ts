/** The combined result of the phases. Pure. */
import type { PhaseName, PhaseReport } from './phase.ts';

export const outcomeStates = ['proven', 'affected', 'failed', 'undetermined'] as const;

export interface Outcome {
  state: (typeof outcomeStates)[number];
  because: string;
}

/** The phases that can prove the fix. One may be skipped; skipping all proves nothing. */
const proofs: PhaseName[] = ['probe', 'smoke'];

/**
 * Proven only if every phase that ran passed, and one of them can prove it. A rollback is never a success.
 * @param undone the undos that were run
 */
export function outcomeOf(
  { reports, undone }: { reports: PhaseReport[]; undone: PhaseReport[] },
  interrupted: boolean,
): Outcome {
  const first = (state: PhaseReport['state']): PhaseReport | undefined =>
    reports.find((report) => report.state === state);
  const say = ({ title, because }: PhaseReport): string => `${title}: ${because}`;
  const causes = (all: PhaseReport[]): string => all.map(({ because }) => because).join('; ');
  const notUndone = undone.find(({ state }) => state === 'failed');
  if (notUndone) {
    const because = `the rollback failed: ${say(notUndone)}; the node was left in that state`;
    return { state: 'failed', because };
  }
  const affected = first('affected');
  if (affected) {
    const back = undone.length > 0 ? `; rolled back (${causes(undone)})` : '';
    return { state: 'affected', because: say(affected) + back };
  }
  const failed = first('failed');
  if (failed) return { state: 'failed', because: say(failed) };
  if (interrupted) return { state: 'undetermined', because: 'interrupted' };
  const unclear = first('undetermined');
  if (unclear) return { state: 'undetermined', because: say(unclear) };
  const proven = reports.filter(({ name, state }) => proofs.includes(name) && state === 'passed');
  return proven.length > 0
    ? { state: 'proven', because: causes(proven) }
    : { state: 'undetermined', because: 'no phase ran that could prove it: neither probe nor smoke' };
}
