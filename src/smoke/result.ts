/** What a smoke run finds, and what it says meanwhile. */
import type { Message } from '../text/message.ts';
import type { CaseName } from './containers.ts';

export const smokeStates = ['fixed', 'affected', 'undetermined'] as const;
export type SmokeState = (typeof smokeStates)[number];

export const containerStates = ['running', 'defect', 'other-failure', 'unknown'] as const;

export interface ContainerResult {
  /** of the container */
  name: string;
  case: CaseName;
  state: (typeof containerStates)[number];
  /** what was said of it, as it may be shown; empty for a running one */
  message: string;
  /** of the advisory: the one that proves it, or one that says it only beside other evidence */
  signature?: string | undefined;
}

export interface NodeResult {
  /** null while the pod has none */
  node: string | null;
  state: SmokeState;
  because: string;
  containers: ContainerResult[];
}

/** What the pod showed; the times in milliseconds. */
export interface SmokeVerdict {
  state: SmokeState;
  because: string;
  nodes: NodeResult[];
  /** from the request for the pod until its node was known; the last pod's with several */
  scheduledMs?: number | undefined;
  /** from then to the verdict */
  decidedMs?: number | undefined;
}

export interface SmokeResult extends SmokeVerdict {
  /** whether every object of the run is gone from the API */
  removed: boolean;
  /** what stays, where, and what to do about it */
  left: string[];
}

/** Where a run is, as it begins each step. */
export type SmokeStep = Message<'asking' | 'removing-old' | 'creating' | 'scheduled' | 'removing'>;
export type OnStep = (step: SmokeStep) => void;
