/** A strategy is how a fix reaches kubelet: one file for each. */
import type { Advisory } from '../../advisory/index.ts';
import type { Distribution, StrategyName } from '../../distributions/distribution.ts';
import type { PlannedFile, Step } from '../remedy.ts';
import type { Source, System } from '../system.ts';
import type { Warning } from '../warnings.ts';

/** What decides whether a strategy reaches kubelet. */
export interface Reach {
  system: System;
  distribution: Distribution;
}

/** What a fix is planned from. */
export interface Planning extends Reach {
  advisory: Advisory;
  gate: boolean;
  /** every strategy of the fix, as its files name them */
  strategies: StrategyName[];
  /** whether the files of a strategy for kubelet also fix /run/wrappers/bin/mount */
  wrapper: boolean;
  /** whether this nixpkgs fixes kubelet of the distribution itself */
  fixedByNixpkgs: boolean;
  /** whether kubelet needs no fix, as far as is known */
  kubeletIsGood: boolean;
  /** the smallest strategy that reaches kubelet */
  forKubelet: StrategyName;
  /** how the system is built */
  source: Source;
  /** for the header of each file */
  header: { version: string; command: string; why: string };
  /** the directory that the files go into */
  out: string;
}

/** Why a strategy does not reach kubelet, as a clause, and the option that overrides it. */
interface Obstacle {
  why: string;
  unless?: string;
}

export interface Strategy {
  /** null if it reaches kubelet on such a system, or is not about kubelet */
  obstacle?(reach: Reach): Obstacle | null;
  files(planning: Planning): PlannedFile[];
  /** from the files to a proof, in order */
  steps(planning: Planning): Step[];
  warnings?(planning: Planning): Warning[];
}

export const verifyStep: Step = { text: 'Prove it, on the node:', commands: ['sudo subpathfix verify'] };

export const probeWrapper: Step = {
  text: 'Test the wrapped mount:',
  commands: ['subpathfix probe --mount /run/wrappers/bin/mount'],
};

/** The variable that makes libmount use mount(2), as the unit sets it for kubelet alone. */
export function variableFor({ distribution, advisory }: Planning): { variable: string; value: string } {
  const { variable, value } = advisory.environment;
  return { variable: `${distribution.kubeletPrefix ?? ''}${variable}`, value };
}

/** For a strategy that leaves libmount as it is. */
export const onlyKubelet: Warning = {
  code: 'only-kubelet-fixed',
  text: 'libmount keeps the defect: only kubelet is fixed, not CSI drivers or a mount run by hand.',
};
