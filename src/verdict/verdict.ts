/** The answer, and how it was reached. */
import type { FactName } from '../facts/facts.ts';
import type { Advice } from './advice.ts';
import type { State } from './states.ts';

/** A fact that disagrees with the verdict, or with another fact. */
export interface Objection {
  fact: FactName;
  text: string;
}

export interface Verdict {
  state: State;
  /** the fact that decided; null if none could */
  decidedBy: FactName | null;
  /** why, in a sentence */
  because: string;
  /** where the deciding fact was read; null if none decided */
  evidence: string | null;
  against: Objection[];
  /** stronger evidence that is still missing, strongest first; empty once a mount was tested */
  toConfirm: Advice[];
}

/** What one fact says on its own. */
export interface Opinion {
  fact: FactName;
  state: State;
  because: string;
  evidence: string;
}
