/** The combined result of the phases. Pure. */
import type { PhaseName, PhaseReport } from './phase.ts';

export const outcomeStates = [
  'proven',
  'affected',
  'not-in-effect',
  'lost-at-restart',
  'failed',
  'undetermined',
  'planned',
] as const;

export interface Outcome {
  state: (typeof outcomeStates)[number];
  because: string;
  /** of a proven fix: the pods that leftovers hold nonetheless */
  held?: string[];
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
  const back = undone.length > 0 ? `; rolled back (${causes(undone)})` : '';
  // What runs is tested affected then, too, but a restart is all that it takes.
  const waiting = first('not-in-effect');
  if (waiting) return { state: 'not-in-effect', because: waiting.because + back };
  const affected = first('affected');
  if (affected) return { state: 'affected', because: say(affected) + back };
  const failed = first('failed');
  if (failed) return { state: 'failed', because: say(failed) };
  if (interrupted) return { state: 'undetermined', because: 'interrupted' };
  // The next restart brings the defect back, as it was tested: a fix that does not last is not proven.
  const lost = first('lost-at-restart');
  if (lost) return { state: 'lost-at-restart', because: lost.because };
  const unclear = first('undetermined');
  if (unclear) return { state: 'undetermined', because: say(unclear) };
  const proven = reports.filter(({ name, state }) => proofs.includes(name) && state === 'passed');
  if (proven.length === 0) {
    return { state: 'undetermined', because: 'no phase ran that could prove it: neither probe nor smoke' };
  }
  const held = reports.flatMap((report) => report.held ?? []);
  return { state: 'proven', because: causes(proven), ...(held.length > 0 ? { held } : {}) };
}
