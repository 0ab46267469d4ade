/** A phase is a value: a title, what it does, and how to undo what it changes. */
import type { OnNode } from '../smoke/result.ts';
import type { Advice } from '../verdict/advice.ts';

/** In the order in which they run. */
export const phaseNames = ['rebuild', 'gate', 'activate', 'kubelet', 'probe', 'smoke', 'leftovers'] as const;
export type PhaseName = (typeof phaseNames)[number];

export const skippablePhases = phaseNames.filter((name) => name !== 'rebuild' && name !== 'activate');

export const rebuildModes = ['build', 'test', 'switch', 'boot'] as const;
export type RebuildMode = (typeof rebuildModes)[number];

/**
 * not-in-effect: what runs is affected, and a restart of kubelet's unit ends that; lost-at-restart: what runs works,
 * and what its unit would give it is affected.
 */
export const phaseStates = [
  'passed',
  'affected',
  'not-in-effect',
  'lost-at-restart',
  'undetermined',
  'failed',
  'skipped',
] as const;
export type PhaseState = (typeof phaseStates)[number];

export interface PhaseResult {
  state: PhaseState;
  /** why, in a sentence */
  because: string;
  /** further lines for a person */
  details?: string[];
  /** the pods that leftovers hold, as namespace/name or UID */
  held?: string[];
  /** what to do about it */
  next?: Advice;
}

export interface Phase {
  name: PhaseName;
  title: string;
  /** @param say reports progress to a person */
  run(say: (line: string) => void): Promise<PhaseResult>;
  /** reverts what the phase changed; says what it did */
  undo?: (say: (line: string) => void) => Promise<PhaseResult>;
  /** whether the run ends here when the phase does not pass: the following ones depend on it */
  barrier?: boolean;
}

export interface PhaseReport extends Omit<PhaseResult, 'next'> {
  name: PhaseName;
  title: string;
  /** whole */
  milliseconds: number;
}

/** Reports which phase is running. */
export interface Progress {
  started(phase: Pick<Phase, 'name' | 'title'>): void;
  update(line: string): void;
  ended(report: PhaseReport): void;
  /** of many nodes, one has a result */
  node?: OnNode;
  /** every phase has ended that was to run: a signal from now on interrupts nothing */
  decided?(): void;
  /** what would remain if the program ended now, a sentence each */
  remains?(what: () => string[]): void;
}
