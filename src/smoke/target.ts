/** What a run would do: its options, its target, and the commands, without doing any of it. */
import { type ClusterOptions, commandOf } from '../cluster/kubectl.ts';
import type { Command } from '../host/command.ts';
import { createCall, firstObjects } from './create.ts';
import { keepingCall } from './fleet/kept-in-cluster.ts';
import { turnCall } from './fleet/turn.ts';
import { defaultImage, nameOf, type SmokeTarget, workloadObjects } from './objects.ts';
import { removalCalls } from './remove.ts';

export interface SmokeOptions extends ClusterOptions {
  /** an existing one; default: one is created and removed */
  namespace?: string | undefined;
  /** bound to it by name, without the scheduler */
  node?: string | undefined;
  /** a DaemonSet, and a result for each node */
  allNodes?: boolean | undefined;
  /** with allNodes: only those with these labels, as kubectl takes it */
  selector?: string | undefined;
  /** with allNodes: how many have their turn at once */
  jobs?: number | undefined;
  /** with allNodes: results of an earlier run are taken over where nothing has changed since */
  resume?: boolean | undefined;
  image?: string | undefined;
  content?: boolean | undefined;
  /** leave the objects, to be inspected */
  keep?: boolean | undefined;
  /** for the verdict, with allNodes for that of each node, in milliseconds; the removal comes after it */
  timeoutMs?: number;
}

export const defaultTimeoutMs = 60_000;
/** How long the objects outlive the time limit if nobody removes them. */
const graceSeconds = 30;
/** How long they are kept to be inspected. */
const keepSeconds = 3600;

export const defaultJobs = 32;

/** Stand for the names that are found out when it runs. */
const thisOne = 'the node that this runs on';
const allInTurn = (jobs: number): string => `each node, ${jobs} at a time`;

/**
 * @param now ms since the epoch
 * @param turns how often the time limit can pass
 */
export function targetOf(
  options: SmokeOptions,
  run: string,
  owner: string,
  now: number,
  turns = 1,
): SmokeTarget {
  const { namespace, node, allNodes, image = defaultImage, content = false, keep = false } = options;
  const seconds = turns * Math.ceil((options.timeoutMs ?? defaultTimeoutMs) / 1000);
  const deadlineSeconds = seconds + (keep ? keepSeconds : graceSeconds);
  return {
    run,
    // Whose process has ended is removed by the next run: this one belongs to nobody, until it expires.
    owner: keep ? 'kept' : owner,
    deadlineSeconds,
    keep,
    // Clocks differ; another machine's run must not be removed early.
    expires: new Date(now + (deadlineSeconds + 60) * 1000).toISOString(),
    namespace: namespace ?? nameOf({ run }),
    own: namespace === undefined,
    image,
    pull: 'IfNotPresent',
    where: allNodes ? { nodes: [allInTurn(options.jobs ?? defaultJobs)] } : { node: node ?? thisOne },
    content,
  };
}

/** What a run would do, for --dry-run. The Job's uid is known only when it is created. */
export function smokeCommands(options: SmokeOptions): Command[] {
  const { kubeconfig, context, keep } = options;
  const args = [
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === undefined ? [] : ['--context', context]),
  ];
  const unknown = targetOf(options, '0'.repeat(10), 'this process', 0);
  const target = { ...unknown, expires: 'when the run is over' };
  const { daemonSet, gracefully, rest } = removalCalls(target);
  const owner = 'the uid of the Job';
  const objects = [firstObjects(target), workloadObjects(target, owner)];
  const [turns, ends] =
    'nodes' in target.where
      ? [[turnCall(target, target.where.nodes, owner), keepingCall(target)], [daemonSet]]
      : [[], []];
  const calls = [...objects.map(createCall), ...turns, ...(keep ? [] : [...ends, gracefully, rest])];
  return calls.map((call) => commandOf({ file: 'kubectl', args, env: {} }, call));
}
