/** What a run would do: its options, its target, and the commands, without doing any of it. */

import { commandOf } from '../cluster/kubectl.ts';
import type { NodeView } from '../cluster/views.ts';
import type { Command } from '../host/command.ts';
import { createCall, firstObjects } from './create.ts';
import { nameOf, type RunIdentity, type SmokeTarget, workloadObjects } from './objects.ts';
import { removalCalls } from './remove.ts';
import { chooseImage } from './survey.ts';

export interface SmokeOptions {
  kubeconfig?: string;
  context?: string;
  /** an existing one; else one of the run's own is created and removed */
  namespace?: string;
  /** bound to it by name, without the scheduler */
  node?: string;
  /** a DaemonSet, and a result a node */
  allNodes?: boolean;
  image?: string;
  content?: boolean;
  /** for the verdict, in milliseconds; the removal comes after it */
  timeoutMs?: number;
}

export const defaultTimeoutMs = 60_000;
/** How long the objects outlive the time for the verdict when nobody removes them. */
export const graceSeconds = 30;
/** @param nodes those that the pod may get to, for the image that they have already */
export function targetOf(options: SmokeOptions, identity: RunIdentity, nodes: NodeView[]): SmokeTarget {
  const { node, allNodes, image, content = false } = options;
  const linux = nodes.filter((one) => one.linux);
  return {
    identity,
    namespace: options.namespace ?? nameOf(identity),
    image: image ?? chooseImage(linux),
    where: node === undefined ? (allNodes ? 'all' : 'any') : { node },
    content,
  };
}

/** What a run would do, for --dry-run. The Job's uid is known when it is created only. */
export function smokePlan(options: SmokeOptions): { commands: Command[] } {
  const { timeoutMs = defaultTimeoutMs, namespace } = options;
  const identity: RunIdentity = {
    run: '0'.repeat(10),
    owner: 'this process',
    deadlineSeconds: Math.ceil(timeoutMs / 1000) + graceSeconds,
    expires: 'when the run is over',
  };
  const target = targetOf(options, identity, []);
  const own = namespace === undefined;
  const prefix = [
    ...(options.kubeconfig === undefined ? [] : ['--kubeconfig', options.kubeconfig]),
    ...(options.context === undefined ? [] : ['--context', options.context]),
  ];
  const removal = removalCalls({ namespace: target.namespace, own, run: identity.run });
  const calls = [
    createCall(firstObjects(target, own)),
    createCall(workloadObjects(target, 'the uid of the Job')),
    removal.gently,
    removal.rest,
  ];
  return { commands: calls.map((call) => commandOf({ file: 'kubectl', args: prefix }, call)) };
}
