/** Runs the programs of a phase. */
import { type Command, endedText, type RunOptions } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import type { PhaseResult } from './phase.ts';

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
