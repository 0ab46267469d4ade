/** A phase is a value: a title, what it does, and where it changes something, how that is undone. */
import type { Advice } from '../verdict/advice.ts';

/** In the order in which they run. */
export const phaseNames = ['rebuild', 'gate', 'activate', 'kubelet', 'probe', 'smoke', 'leftovers'] as const;
export type PhaseName = (typeof phaseNames)[number];

export const skippablePhases = phaseNames.filter((name) => name !== 'rebuild' && name !== 'activate');

export const rebuildModes = ['build', 'test', 'switch', 'boot'] as const;
export type RebuildMode = (typeof rebuildModes)[number];

export const phaseStates = ['passed', 'affected', 'undetermined', 'failed', 'skipped'] as const;
export type PhaseState = (typeof phaseStates)[number];

export interface PhaseResult {
  state: PhaseState;
  /** why, in a sentence */
  because: string;
  /** what else is worth a line */
  details?: string[];
  /** what to do about it */
  next?: Advice;
}

export interface Phase {
  name: PhaseName;
  title: string;
  /** @param say what happens meanwhile, for a person who watches */
  run(say: (line: string) => void): Promise<PhaseResult>;
  /** takes back what the phase changed; says what it did */
  undo?: () => Promise<PhaseResult>;
  /** whether the run ends here when the phase does not pass: what follows would stand on nothing */
  barrier?: boolean;
}

export interface PhaseReport extends Omit<PhaseResult, 'next'> {
  name: PhaseName;
  title: string;
  /** whole */
  milliseconds: number;
}

/** Tells somebody which phase is running. */
export interface Progress {
  started(phase: Pick<Phase, 'name' | 'title'>): void;
  said(line: string): void;
  ended(report: PhaseReport): void;
}
