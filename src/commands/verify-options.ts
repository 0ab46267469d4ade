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
  const { kubeconfig, context, namespace, node, allNodes, image, content, keep } = options;
  const seconds = Number(timeout);
  const skipped = skip.split(',').filter(Boolean).map(skippable);
  const hasMode = mode !== undefined;
  const faults: [boolean, string][] = [
    [!(seconds >= 1 && seconds <= 3600), '--timeout: must be a number of seconds from 1 to 3600'],
    [node !== undefined && allNodes === true, '--node and --all-nodes cannot be used together'],
    [flake !== undefined && file !== undefined, '--flake and --file cannot be used together'],
    [!hasMode && flake !== undefined, '--flake needs --rebuild'],
    [!hasMode && file !== undefined, '--file needs --rebuild'],
    [!hasMode && rollback, '--rollback needs --rebuild'],
    [!hasMode && restart === true, '--restart needs --rebuild; to restart kubelet, use systemctl'],
    [content === true && image === undefined, '--content needs --image, of an image with a shell'],
    ...smokeFaults(options, skipped.includes('smoke')),
  ];
  for (const [fault, text] of faults) if (fault) throw new UserError(text);
  return {
    rebuild: mode === undefined ? null : { mode, flake, file, restart },
    rollback,
    smoke: {
      kubeconfig,
      context,
      namespace,
      node,
      allNodes,
      image,
      content,
      keep,
      timeoutMs: seconds * 1000,
    },
    skip: skipped,
  };
}

/** What is about the pod needs one. */
function smokeFaults(
  { keep, allNodes, image, namespace }: VerifyOptions,
  skips: boolean,
): [boolean, string][] {
  const about = { '--keep': keep, '--all-nodes': allNodes, '--image': image, '--namespace': namespace };
  return Object.entries(about).map(([option, value]) => [
    skips && value !== undefined,
    `${option} is about the pod, which --skip smoke leaves out`,
  ]);
}

/** @throws {UserError} */
function skippable(name: string): PhaseName {
  const phase = skippablePhases.find((each) => each === name);
  if (phase) return phase;
  throw new UserError(
    `--skip ${JSON.stringify(name.slice(0, 40))}: must be one of ${skippablePhases.join(', ')}`,
  );
}
