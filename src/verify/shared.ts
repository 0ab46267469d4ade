/** What the phases of a run share: their inputs, and what they pass on to each other. */
import type { Advisory } from '../advisory/index.ts';
import type { Unknown } from '../facts/fact.ts';
import { examineNode, type NodeExamination } from '../facts/node/examine.ts';
import type { Host } from '../host/host.ts';
import type { OnNode, SmokeResult } from '../smoke/result.ts';
import type { SmokeOptions } from '../smoke/target.ts';
import type { PhaseResult, RebuildMode } from './phase.ts';
import type { Before, Rollback } from './rollback.ts';

export interface RebuildOptions {
  mode: RebuildMode;
  flake?: string | undefined;
  file?: string | undefined;
  /** restart kubelet's unit after the switch */
  restart?: boolean | undefined;
}

export interface Shared {
  host: Host;
  advisory: Advisory;
  signal: AbortSignal;
  smoke: SmokeOptions;

  /** the directory with the link to what was built */
  buildDirectory?: string | undefined;
  /** the new system in the store */
  closure?: string;
  /** return to the previous system if the defect is still there */
  rollsBack?: boolean;
  /** the node before anything was activated */
  before?: Before & { kubeletRan: boolean /** that kubelet had, or was to get */; mounts: string[] };
  /** armed; undefined once it is not */
  rollback?: Rollback | undefined;
  /** the activation has begun */
  activated?: boolean;
  /** what would remain if this process ended now, for a person */
  remains?: Map<string, string>;
  /** made once, read by several phases */
  examination?: NodeExamination | undefined;
  smokeResult?: SmokeResult;
  /** with all nodes: gets each result as it comes */
  onNode?: OnNode | undefined;
  /** what runs is affected, and a restart of kubelet's unit ends that: nothing else is to be found out before it */
  waitsForRestart?: boolean;
}

export async function examined(shared: Shared): Promise<NodeExamination> {
  const { host, advisory, signal } = shared;
  shared.examination ??= await examineNode(host, advisory, { live: true, signal });
  return shared.examination;
}

export const undetermined = ({ reason }: Unknown): PhaseResult => ({
  state: 'undetermined',
  because: reason.text,
});
