/** What the phases of a run share: their inputs, and what they pass on to each other. */
import type { Advisory } from '../advisory/index.ts';
import type { Unknown } from '../facts/fact.ts';
import { examineNode, type NodeExamination } from '../facts/node/examine.ts';
import { type Command, endedText, type RunOptions } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import type { SmokeResult } from '../smoke/result.ts';
import type { SmokeOptions } from '../smoke/target.ts';
import type { PhaseResult, RebuildMode } from './phase.ts';

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
  /** the system that ran before */
  previous?: string;
  /** made once, read by several phases */
  examination?: NodeExamination | undefined;
  smokeResult?: SmokeResult;
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

/** A rebuild can compile for hours; more than a night is a hang. */
export const rebuildLimit = { timeoutMs: 12 * 3600 * 1000 };
export const activateLimit = { timeoutMs: 1800 * 1000 };

/** Runs a command to its end. @returns the failure, with its last lines; null on success */
export async function finish(
  host: Host,
  command: Command,
  options: Pick<RunOptions, 'timeoutMs' | 'signal' | 'onLine'>,
): Promise<PhaseResult | null> {
  const result = await host.run(command, { ...options, keep: 'end', graceMs: 10_000 });
  if (result.exitCode === 0) return null;
  const lines = result.output.split('\n').map((line) => line.trimEnd());
  return {
    state: 'failed',
    because: `${[command.file, ...command.args].join(' ')}: ${endedText(result, options)}`,
    details: lines.filter(Boolean).slice(-12),
  };
}
