/** The answer, and how it came about. */
import type { FactName } from '../facts/facts.ts';
import type { Advice } from './advice.ts';
import type { State } from './states.ts';

/** A fact that does not agree with the verdict, or that does not go with another one. */
export interface Objection {
  fact: FactName;
  text: string;
}

export interface Verdict {
  state: State;
  /** the fact that decided; null where none could */
  decidedBy: FactName | null;
  /** why, in a sentence */
  because: string;
  /** where the deciding fact was read; null where none decided */
  evidence: string | null;
  against: Objection[];
  /** stronger evidence that is not there yet, the strongest first; empty where a mount was tested */
  toConfirm: Advice[];
}

/** What one fact says by itself. */
export interface Opinion {
  fact: FactName;
  state: State;
  because: string;
  evidence: string;
}
