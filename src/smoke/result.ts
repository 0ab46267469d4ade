/** What a smoke run finds. */
import type { CaseName } from './containers.ts';

export type SmokeState = 'fixed' | 'affected' | 'undetermined';

export interface ContainerResult {
  /** of the container */
  name: string;
  case: CaseName;
  state: 'running' | 'defect' | 'other-failure' | 'unknown';
  /** what was said of it, as it may be shown; empty for a running one */
  message: string;
  /** of the advisory: the one that proves it, or one that says it only beside other evidence */
  signature?: string;
}

export interface NodeResult {
  /** null while the pod has none */
  node: string | null;
  state: SmokeState;
  because: string;
  containers: ContainerResult[];
}

export interface SmokeResult {
  state: SmokeState;
  because: string;
  nodes: NodeResult[];
  /** whether every object of the run is gone from the API */
  removed: boolean;
  /** what stays, where, and what to do about it */
  left: string[];
  /** milliseconds from the request for the pod until its node was known; the last pod's with several */
  scheduledMs?: number;
  /** milliseconds from then to the verdict */
  decidedMs?: number;
}
