/** A cure: the files that make it, and what to do with them. */
import type { System } from './system.ts';

export const strategyNames = ['path', 'env', 'package', 'wrapper', 'overlay', 'drop-in'] as const;
export type StrategyName = (typeof strategyNames)[number];

export type TemplateName =
  | 'overlay-add.nix'
  | 'overlay-replace.nix'
  | 'module-path.nix'
  | 'module-env.nix'
  | 'module-package.nix'
  | 'module-wrapper.nix'
  | 'module-overlay.nix'
  | 'drop-in.conf';

export interface PlannedFile {
  path: string;
  template: TemplateName;
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
  warnings: string[];
}
