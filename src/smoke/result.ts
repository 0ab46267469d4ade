/** What a smoke run finds, and its progress. */
import type { NodeView } from '../cluster/views.ts';
import type { ReasonCode } from '../facts/fact.ts';
import type { Message } from '../text/message.ts';
import type { Advice } from '../verdict/advice.ts';
import type { CaseName } from './containers.ts';

export const smokeStates = ['fixed', 'affected', 'undetermined'] as const;
export type SmokeState = (typeof smokeStates)[number];

export const containerStates = ['running', 'defect', 'other-failure', 'unknown'] as const;

export interface ContainerResult {
  /** of the container */
  name: string;
  case: CaseName;
  state: (typeof containerStates)[number];
  /** what was reported about it, safe to show; empty for a running one */
  message: string;
  /** of the advisory: one that proves the defect, or one that needs other evidence */
  signature?: string | undefined;
}

/** skipped: it cannot have the defect */
export const nodeStates = [...smokeStates, 'skipped'] as const;

export interface NodeResult {
  /** null while the pod has none */
  node: string | null;
  state: (typeof nodeStates)[number];
  because: string;
  containers: ContainerResult[];
  /** with all nodes: what kubelet says of its machine */
  hints?: NodeView['hints'];
  /** with all nodes: the earlier time of a result that was taken over, RFC 3339 */
  testedAt?: string;
  /** what to do about it */
  next?: Advice;
}

/** What the pod showed; the times in milliseconds. */
export interface SmokeVerdict {
  state: SmokeState;
  because: string;
  nodes: NodeResult[];
  /** from the request for the pod until its node was known; for the last pod if there are several */
  scheduledMs?: number | undefined;
  /** from then to the verdict */
  decidedMs?: number | undefined;
}

export interface SmokeResult extends SmokeVerdict {
  /** whether every object of the run is gone from the API, or goes with the namespace that it is removing */
  removed: boolean;
  /** what remains, where, and what to do about it */
  left: string[];
}

/** How a run ended. */
export interface SmokeEnd {
  result: SmokeResult;
  /** why there was no pod; null if there was one */
  reason: ReasonCode | null;
}

/** The step that a run begins. */
export type SmokeStep = Message<
  | 'asking'
  | 'waiting'
  | 'removing-old'
  | 'creating'
  | 'scheduled'
  | 'turn'
  | 'resumed'
  | 'not-kept'
  | 'removing'
>;
export type OnStep = (step: SmokeStep) => void;
/** Gets the result of each of all nodes as soon as it is certain. */
export type OnNode = (result: NodeResult) => void;
