/** Which of all nodes have had their turn, have it now, and are still to come. Pure. */
import { type NodeView, nodeView, parsed, textAt, valueAt } from '../../cluster/views.ts';
import { clip } from '../../text/clip.ts';
import { overall } from '../judge-pods.ts';
import type { NodeResult } from '../result.ts';

export interface Member {
  view: NodeView;
  /** when its turn began, and then when its pod was scheduled, by the monotonic clock; null before */
  since: number | null;
  hasPod: boolean;
  /** when its verdict was certain; null before */
  decided: number | null;
  result: NodeResult | null;
}

export interface Rollout {
  /** by name, in the order of the cluster */
  members: Map<string, Member>;
  /** those whose turn it is */
  open: Set<string>;
  /** when the last pod was scheduled, by the monotonic clock */
  arrivedAt: number;
  /** those without a turn so far */
  waiting: Set<string>;
  /** gets each result */
  onResult(member: Member, result: NodeResult): void;
}

type Said = Pick<NodeResult, 'state' | 'because' | 'next'>;

export function newRollout(nodes: readonly NodeView[], onResult: Rollout['onResult']): Rollout {
  const rollout: Rollout = {
    members: new Map(),
    open: new Set(),
    waiting: new Set(),
    arrivedAt: 0,
    onResult,
  };
  for (const view of nodes) join(rollout, view);
  return rollout;
}

function join(rollout: Rollout, view: NodeView): void {
  const { members, open, waiting } = rollout;
  const known = members.get(view.name);
  if (known?.view.uid === view.uid) {
    known.view = view;
    return;
  }
  // Another machine of the same name: what the earlier one showed says nothing about it.
  members.set(view.name, { view, since: null, hasPod: false, decided: null, result: null });
  open.delete(view.name);
  waiting.add(view.name);
}

/**
 * Takes in a line of a watch of nodes: they come, change and go.
 * @returns whether the watch cannot go on (its history is gone)
 */
export function observeNode(rollout: Rollout, line: string): { broken: boolean } {
  const event = parsed(line);
  const type = textAt(event, 'type');
  const object = valueAt(event, 'object');
  const view = textAt(object, 'kind') === 'Node' ? nodeView(object) : null;
  if (view && type === 'DELETED') leave(rollout, view);
  else if (view) join(rollout, view);
  return { broken: type === 'ERROR' };
}

function leave(rollout: Rollout, { name, uid }: NodeView): void {
  const member = rollout.members.get(name);
  if (member?.view.uid !== uid) return;
  settle(rollout, name, {
    state: 'undetermined',
    because: 'it has left the cluster, or its labels have changed, before there was a result',
  });
}

/** Ends the turn of a node with its result; a node that has one keeps it. */
export function settle(
  rollout: Rollout,
  name: string,
  said: Said & Partial<Pick<NodeResult, 'containers' | 'testedAt'>>,
): void {
  const { members, open, waiting, onResult } = rollout;
  const member = members.get(name);
  open.delete(name);
  waiting.delete(name);
  if (!member || member.result) return;
  member.result = { node: name, containers: [], hints: member.view.hints, ...said };
  onResult(member, member.result);
}

/** Why a node gets no pod now; null if it does. */
export function obstacle({ name, linux, cordoned, notReady }: NodeView): Said | null {
  if (!linux) {
    return { state: 'skipped', because: 'its system is not Linux: it does not mount subPaths in this way' };
  }
  if (cordoned) {
    const next = {
      code: 'verify-elsewhere',
      text: 'to test it as it is',
      command: `subpathfix verify --node ${name}`,
    } as const;
    return { state: 'undetermined', because: 'it is cordoned: no pod is started there', next };
  }
  return notReady === null ? null : { state: 'undetermined', because: `it is not Ready: ${clip(notReady)}` };
}

/** Those whose turn comes next, up to this number; one that cannot have it now keeps its place. */
export function nextTurns({ members, waiting }: Rollout, most: number): string[] {
  const next: string[] = [];
  for (const name of waiting) {
    if (next.length >= most) break;
    const view = members.get(name)?.view;
    if (view && obstacle(view) === null) next.push(name);
  }
  return next;
}

/** @param now by the monotonic clock */
export function beginTurns({ members, open, waiting }: Rollout, names: readonly string[], now: number): void {
  for (const name of names) {
    waiting.delete(name);
    open.add(name);
    const member = members.get(name);
    if (member) member.since = now;
  }
}

/** Gives a result to every node that has none. @param why nodes that could have had their turn have none */
export function settleRest(rollout: Rollout, why: string): void {
  for (const [name, { view, result }] of rollout.members) {
    if (!result) settle(rollout, name, obstacle(view) ?? { state: 'undetermined', because: why });
  }
}

/** Of all results but those of nodes that cannot have the defect. */
export function verdictOf({ members }: Rollout): ReturnType<typeof overall> {
  const all = [...members.values()].flatMap(({ result }) => {
    if (!result || result.state === 'skipped') return [];
    return { state: result.state, because: `node ${result.node}: ${result.because}` };
  });
  return all.length > 0
    ? overall(all)
    : { state: 'undetermined', because: 'no node can have a pod: none of them runs Linux' };
}
