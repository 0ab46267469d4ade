/** Turns the options of `verify` into a request. */
import { UserError } from '../errors.ts';
import type { SmokeOptions } from '../smoke/target.ts';
import { type PhaseName, type RebuildMode, skippablePhases } from '../verify/phase.ts';
import type { VerifyRequest } from '../verify/run.ts';
import type { RebuildOptions } from '../verify/shared.ts';
import type { SharedOptions } from './context.ts';

export interface VerifyOptions
  extends SharedOptions,
    Omit<RebuildOptions, 'mode'>,
    Omit<SmokeOptions, 'timeoutMs'> {
  rebuild?: RebuildMode;
  rollback?: true;
  /** seconds, for the smoke pod */
  timeout?: string;
  skip?: string;
  dryRun?: true;
}

/** @throws {UserError} for options that are invalid, or conflict */
export function requestOf(options: VerifyOptions): VerifyRequest {
  const { rebuild: mode, flake, file, restart, rollback = false, timeout = '60', skip = '' } = options;
  const { kubeconfig, context, namespace, node, allNodes, image, content } = options;
  const seconds = Number(timeout);
  const faults: [boolean, string][] = [
    [!(seconds >= 1 && seconds <= 3600), '--timeout: must be a number of seconds from 1 to 3600'],
    [node !== undefined && allNodes === true, '--node and --all-nodes cannot be used together'],
    [flake !== undefined && file !== undefined, '--flake and --file cannot be used together'],
    [
      mode === undefined && (flake !== undefined || file !== undefined || rollback),
      '--flake, --file and --rollback need --rebuild',
    ],
  ];
  for (const [fault, text] of faults) if (fault) throw new UserError(text);
  return {
    rebuild: mode === undefined ? null : { mode, flake, file, restart },
    rollback,
    smoke: { kubeconfig, context, namespace, node, allNodes, image, content, timeoutMs: seconds * 1000 },
    skip: skip.split(',').filter(Boolean).map(skippable),
  };
}

/** @throws {UserError} */
function skippable(name: string): PhaseName {
  const phase = skippablePhases.find((each) => each === name);
  if (phase) return phase;
  throw new UserError(
    `--skip ${JSON.stringify(name.slice(0, 40))}: must be one of ${skippablePhases.join(', ')}`,
  );
}
