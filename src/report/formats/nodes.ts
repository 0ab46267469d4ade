/** Many nodes, put in order and together: what every format shows of them. */
import { adviceText } from '../../text/message.ts';
import type { NodeRow, Outcome } from '../document.ts';

/** What needs action first. */
export const byUrgency: readonly Outcome[] = ['bad', 'failed', 'unknown', 'skipped', 'good'];

/** Nodes of which the same is known and to be done, and that say the same of their kubelet and system. */
export interface NodeGroup {
  outcome: Outcome;
  state: string;
  /** the name of a node in it, a time or a process id is left out where each has its own */
  message: string;
  kubelet: string | undefined;
  os: string | undefined;
  /** at least one, by name */
  nodes: NodeRow[];
}

let collator: Intl.Collator | undefined;

/** node-2 before node-10. Made at its first use: that takes longer than all else here. */
function natural(first: string, second: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(first, second);
}

const urgency = (first: NodeRow, second: NodeRow): number =>
  byUrgency.indexOf(first.outcome) - byUrgency.indexOf(second.outcome) || natural(first.state, second.state);

/** The nodes, what needs action first, then by name: node-2 before node-10. */
export const sortedNodes = (nodes: readonly NodeRow[]): NodeRow[] =>
  nodes.toSorted((first, second) => urgency(first, second) || natural(first.name, second.name));

/** The nodes in groups of equals, what needs action first, then the largest. */
export function groupsOf(nodes: readonly NodeRow[]): NodeGroup[] {
  const groups = new Map<string, NodeRow[]>();
  for (const node of sortedNodes(nodes)) {
    const { outcome, state, message, name, hints, next } = node;
    const texts = [message, ...next.map(adviceText)].map((text) => alike(text, name));
    const key = JSON.stringify([outcome, state, texts, hints.kubelet, hints.os]);
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()]
    .flatMap((group) => (group[0] ? [groupOf(group[0], group)] : []))
    .sort(
      ({ nodes: [first, ...more] }, { nodes: [second, ...others] }) =>
        (first && second ? urgency(first, second) : 0) || others.length - more.length,
    );
}

const groupOf = ({ outcome, state, hints: { kubelet, os } }: NodeRow, nodes: NodeRow[]): NodeGroup => ({
  outcome,
  state,
  message: common(nodes, messageOf) ?? alike(messageOf(nodes[0]), nodes[0]?.name ?? ''),
  kubelet,
  os,
  nodes,
});

/**
 * What each of the nodes says: as it is, or without the name of the node where only that differs.
 * @returns null if they do not say the same
 */
export function common(nodes: readonly NodeRow[], textOf: (node: NodeRow) => string): string | null {
  const [first] = nodes;
  if (!first) return null;
  const text = textOf(first);
  if (nodes.every((node) => textOf(node) === text)) return text;
  const without = nameless(text, first.name);
  return nodes.every((node) => nameless(textOf(node), node.name) === without) ? without : null;
}

/** The text with an ellipsis for the name of its node, and for the host in USER@HOST. */
function nameless(text: string, name: string): string {
  const host = name.slice(name.lastIndexOf('@') + 1);
  if (host === '' || !text.includes(host)) return text;
  return [name, host].reduce((rest, each) => {
    const literal = each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return rest.replace(new RegExp(`(?<![\\w.-])${literal}(?![\\w-]|\\.\\w)`, 'g'), '…');
  }, text);
}

const messageOf = (node: NodeRow | undefined): string => node?.message ?? '';

/** Without what differs from node to node and makes no difference: its name, when it was, which process. */
const alike = (text: string, name: string): string =>
  nameless(text, name)
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d(?::[\d.]+)?Z?/g, '…')
    .replace(/\bpid \d+/g, 'pid …');

/** How many nodes have each state, what needs action first. */
export function countsOf(
  nodes: readonly Pick<NodeRow, 'state' | 'outcome'>[],
): { state: string; outcome: Outcome; count: number }[] {
  const counts = new Map<string, { state: string; outcome: Outcome; count: number }>();
  for (const { state, outcome } of nodes) {
    const key = JSON.stringify([outcome, state]);
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { state, outcome, count: before + 1 });
  }
  return [...counts.values()].sort(
    (first, second) =>
      byUrgency.indexOf(first.outcome) - byUrgency.indexOf(second.outcome) || second.count - first.count,
  );
}

/** The counts in one line: "3 affected, 1 silent, 196 fixed". */
export const countsText = (nodes: readonly NodeRow[]): string =>
  countsOf(nodes)
    .map(({ state, count }) => `${count} ${state}`)
    .join(', ');

/** The first names of many: "a, b, c, …". */
export function examples(nodes: readonly NodeRow[], most: number): string {
  const names = nodes.slice(0, most).map(({ name }) => name);
  return [...names, ...(nodes.length > most ? ['…'] : [])].join(', ');
}

/** What to do next on nodes, each once with the first of the nodes that it is for, as it stands there. */
export function adviceOf(
  groups: readonly NodeGroup[],
): { text: string; command: string | undefined; name: string; others: number }[] {
  const found = new Map<
    string,
    { text: string; command: string | undefined; name: string; others: number }
  >();
  for (const node of groups.flatMap(({ nodes }) => nodes)) {
    for (const { text, command } of node.next) {
      const key = nameless(adviceText({ text, command }), node.name);
      const before = found.get(key);
      if (before) before.others += 1;
      else found.set(key, { text, command, name: node.name, others: 0 });
    }
  }
  return [...found.values()];
}

/** What a node says of itself, as "kubelet v1.33.1". */
export const hintsText = ({ hints }: NodeRow): string[] =>
  hintNames.flatMap((name) => (hints[name] ? [`${name} ${hints[name]}`] : []));

/** In the order in which they are shown; a narrow terminal does without the last ones. */
export const hintNames = ['kubelet', 'os', 'runtime', 'kernel', 'architecture'] as const;

export interface Evidence {
  /** what all nodes of the group say */
  shared: string[];
  /** what each says besides, in the order of the nodes */
  own: string[][];
}

/** The details of equal nodes, line by line: what is the same stands once. A message that is not begins its own. */
export function evidenceOf(nodes: readonly NodeRow[]): Evidence {
  const hasOneMessage = common(nodes, messageOf) !== null;
  const evidence: Evidence = {
    shared: [],
    own: nodes.map(({ message }) => (hasOneMessage ? [] : [message])),
  };
  const most = nodes.reduce((longest, { details }) => Math.max(longest, details.length), 0);
  for (let index = 0; index < most; index += 1) {
    const line = common(nodes, ({ details }) => details[index] ?? '');
    if (line !== null) evidence.shared.push(line);
    else
      for (const [at, { details }] of nodes.entries()) {
        const each = details[index];
        if (each !== undefined) evidence.own[at]?.push(each);
      }
  }
  return evidence;
}
