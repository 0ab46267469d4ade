/** Turns the options of `verify` into a request. */
import { UserError } from '../errors.ts';
import { defaultJobs, type SmokeOptions } from '../smoke/target.ts';
import { type PhaseName, type RebuildMode, skippablePhases } from '../verify/phase.ts';
import type { VerifyRequest } from '../verify/run.ts';
import type { RebuildOptions } from '../verify/shared.ts';
import type { SharedOptions } from './context.ts';

export interface VerifyOptions
  extends SharedOptions,
    Omit<RebuildOptions, 'mode'>,
    Omit<SmokeOptions, 'timeoutMs' | 'jobs'> {
  rebuild?: RebuildMode;
  rollback?: true;
  /** nodes at once, with --all-nodes */
  jobs?: string;
  /** seconds, for the smoke pod */
  timeout?: string;
  skip?: string;
  dryRun?: true;
}

/** @throws {UserError} for options that are invalid, or conflict */
export function requestOf(options: VerifyOptions): VerifyRequest {
  const { rebuild: mode, flake, file, restart, rollback = false, timeout = '60', skip = '' } = options;
  const { kubeconfig, context, namespace, node, allNodes, image, content, keep, selector, resume } = options;
  const jobs = Number(options.jobs ?? defaultJobs);
  const seconds = Number(timeout);
  const skipped = skip.split(',').filter(Boolean).map(skippable);
  const hasMode = mode !== undefined;
  const faults: [boolean, string][] = [
    [!(seconds >= 1 && seconds <= 3600), '--timeout: must be a number of seconds from 1 to 3600'],
    [node !== undefined && allNodes === true, '--node and --all-nodes cannot be used together'],
    [
      !(Number.isInteger(jobs) && jobs >= 1 && jobs <= mostJobs),
      `--jobs: must be a number from 1 to ${mostJobs}`,
    ],
    [
      selector !== undefined && !labelSelector.test(selector),
      '--selector: must be labels as kubectl takes them, such as pool=workers,arch in (amd64, arm64)',
    ],
    ...fleetFaults(options),
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
      selector,
      jobs,
      resume,
      timeoutMs: seconds * 1000,
    },
    skip: skipped,
  };
}

/** How many pods there can be at once; the list of their nodes is one object. */
const mostJobs = 1000;

const label = String.raw`(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?`;
const value = String.raw`(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?`;
const requirement = String.raw`\s*(?:!\s*${label}|${label}(?:\s*(?:==?|!=)\s*${value}|\s*[<>]\s*\d+|\s+(?:not)?in\s*\(\s*${value}(?:\s*,\s*${value})*\s*\))?)\s*`;
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
const labelSelector = new RegExp(`^(?=.{1,2000}$)${requirement}(?:,${requirement})*$`);

/** What is about many nodes needs --all-nodes. */
const fleetFaults = ({ allNodes, jobs, selector, resume }: VerifyOptions): [boolean, string][] =>
  Object.entries({ '--jobs': jobs, '--selector': selector, '--resume': resume }).map(([option, given]) => [
    given !== undefined && allNodes !== true,
    `${option} needs --all-nodes${option === '--jobs' ? ' or hosts' : ''}`,
  ]);

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
