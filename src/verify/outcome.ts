/** What the phases come to together. Pure. */
import type { LadderResult, PhaseReport } from './phase.ts';

export interface Outcome {
  state: 'proven' | 'affected' | 'failed' | 'undetermined';
  because: string;
}

/** The phases that can prove the fix. Leaving out one of them is the user's wish; leaving out all proves nothing. */
const proofs = ['probe', 'smoke'];

/**
 * Proven only when everything that was done passed, and something that proves it was done. A rollback is
 * never a success.
 */
export function outcomeOf({ reports, undone }: LadderResult, interrupted: boolean): Outcome {
  const first = (state: PhaseReport['state']): PhaseReport | undefined =>
    reports.find((report) => report.state === state);
  const affected = first('affected');
  const failed = first('failed');
  const unclear = first('undetermined');
  const say = (report: PhaseReport): string => `${report.title}: ${report.because}`;
  const notUndone = undone.find(({ state }) => state === 'failed');
  if (notUndone) {
    return {
      state: 'failed',
      because: `the rollback failed: ${say(notUndone)}; the node is as that left it`,
    };
  }
  if (affected) {
    const back =
      undone.length > 0 ? `; rolled back (${undone.map(({ because }) => because).join('; ')})` : '';
    return { state: 'affected', because: `${say(affected)}${back}` };
  }
  if (failed) return { state: 'failed', because: say(failed) };
  if (interrupted) return { state: 'undetermined', because: 'it was interrupted' };
  if (unclear) return { state: 'undetermined', because: say(unclear) };
  const proven = reports.filter(({ name, state }) => proofs.includes(name) && state === 'passed');
  if (proven.length === 0) {
    return {
      state: 'undetermined',
      because: 'nothing that could prove it was done: neither a probe nor a smoke pod',
    };
  }
  return { state: 'proven', because: proven.map(({ because }) => because).join('; ') };
}
