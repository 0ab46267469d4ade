/** A fix: the files that make it, and what to do with them. */
import type { StrategyName } from '../distributions/distribution.ts';
import type { System } from './system.ts';
import type { Warning } from './warnings.ts';

export interface PlannedFile {
  path: string;
  template: TemplateSpecification;
  data: Record<string, unknown>;
}

/** One thing to do after the files are there; commands are to be run as they stand. */
export interface Step {
  text: string;
  commands: string[];
}

export interface Remedy {
  strategy: StrategyName;
  /** why this strategy, where it was chosen rather than asked for */
  chosen: string | null;
  system: System;
  files: PlannedFile[];
  steps: Step[];
  /** what the user must know before relying on it */
  warnings: Warning[];
}
