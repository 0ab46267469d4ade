/** A fix: its files, and what to do with them. */
import type { StrategyName } from '../distributions/distribution.ts';
import type { System } from './system.ts';
import type { Warning } from './warnings.ts';

export interface PlannedFile {
  path: string;
  template: TemplateSpecification;
  data: Record<string, unknown>;
}

/** A step after the files are written; its commands can be pasted as they stand. */
export interface Step {
  text: string;
  commands: string[];
}

export interface Remedy {
  strategy: StrategyName;
  /** with a strategy that goes together with another */
  strategies: StrategyName[];
  /** why this strategy; null if it was requested */
  chosen: string | null;
  system: System;
  files: PlannedFile[];
  steps: Step[];
  /** what the user must know before relying on it */
  warnings: Warning[];
}
