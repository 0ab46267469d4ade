/** The answer, and how it came about. */
import type { FactName } from '../facts/facts.ts';

export type State = 'affected' | 'fixed' | 'not-affected' | 'undetermined';

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
  /** what would settle it, or make it certain */
  toSettle: string[];
}

/** What one fact says by itself. */
export interface Opinion {
  fact: FactName;
  state: State;
  because: string;
  evidence: string;
}
