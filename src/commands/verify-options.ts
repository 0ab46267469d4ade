/** The options of `verify`, read into what its phases take. */

import { RequestError } from '../remedy/system.ts';
import type { SmokeOptions } from '../smoke/run.ts';
import type { RebuildMode, RebuildOptions } from '../verify/nixos.ts';
import type { SharedOptions } from './context.ts';

export interface VerifyOptions extends SharedOptions {
  rebuild?: RebuildMode;
  flake?: string;
  file?: string;
  restart?: true;
  rollback?: true;
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  node?: string;
  allNodes?: true;
  image?: string;
  content?: true;
  /** seconds, for the smoke pod */
  timeout?: string;
  skip?: string;
  dryRun?: true;
}

const skippable = ['gate', 'kubelet', 'probe', 'smoke', 'leftovers'];

/** @throws {RequestError} for a phase that cannot be left out */
export function skipped(text = ''): string[] {
  const names = text.split(',').filter(Boolean);
  const unknown = names.find((name) => !skippable.includes(name));
  if (unknown !== undefined) {
    throw new RequestError(`--skip ${JSON.stringify(unknown.slice(0, 40))}: can be ${skippable.join(', ')}`);
  }
  return names;
}

/** @throws {RequestError} */
export function smokeOptions(options: VerifyOptions): SmokeOptions {
  const { kubeconfig, context, namespace, node, image, timeout } = options;
  const seconds = timeout === undefined ? 60 : Number(timeout);
  if (!(seconds >= 1 && seconds <= 3600))
    throw new RequestError('--timeout: not a number of seconds from 1 to 3600');
  if (node !== undefined && options.allNodes)
    throw new RequestError('--node and --all-nodes: give one of them');
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(node === undefined ? {} : { node }),
    ...(image === undefined ? {} : { image }),
    ...(options.allNodes ? { allNodes: true } : {}),
    ...(options.content ? { content: true } : {}),
    timeoutMs: seconds * 1000,
  };
}

/** @returns null without --rebuild. @throws {RequestError} */
export function rebuildOptions({
  rebuild,
  flake,
  file,
  restart,
  rollback,
}: VerifyOptions): RebuildOptions | null {
  if (rebuild === undefined) {
    if (flake !== undefined || file !== undefined || rollback) {
      throw new RequestError('--flake, --file and --rollback go with --rebuild');
    }
    return null;
  }
  if (flake !== undefined && file !== undefined)
    throw new RequestError('--flake and --file: give one of them');
  return {
    mode: rebuild,
    ...(flake === undefined ? {} : { flake }),
    ...(file === undefined ? {} : { file }),
    restart: restart === true,
  };
}
