/** Many nodes as the blocks of a Markdown document: a table of groups, and below it their evidence. */
import { type Block, type Line, list, type NodeRow } from '../document.ts';
import { evidenceOf, examples, groupsOf, hintsText, type NodeGroup, sortedNodes } from './nodes.ts';

const mostNames = 8;
/** of a group whose nodes have evidence of their own */
const mostOwn = 5;
/** a comment on GitHub has 65,536 characters */
const mostGroups = 20;

/** Equal nodes are one row, or with isWide one each. The evidence of what is good is left out. */
export function nodesBlocks({ nodes, isWide }: Extract<Block, { kind: 'nodes' }>): Block[] {
  const groups = groupsOf(nodes);
  const open = groups.filter(({ outcome }) => outcome !== 'good');
  const left = open.length - mostGroups;
  return [
    isWide ? eachNode(nodes) : grouped(groups),
    ...open.slice(0, mostGroups).flatMap(section),
    ...list('More', left > 0 ? [`${left} more groups have evidence of their own: --format json has it`] : []),
  ];
}

function grouped(groups: readonly NodeGroup[]): Block {
  return {
    kind: 'table',
    columns: ['result', 'count', 'nodes', 'kubelet', 'os', 'why'],
    rows: groups.map(({ outcome, state, nodes, kubelet = '', os = '', message }) => [
      { text: state, outcome },
      String(nodes.length),
      examples(nodes, mostNames),
      kubelet,
      os,
      message,
    ]),
  };
}

const eachNode = (nodes: readonly NodeRow[]): Block => ({
  kind: 'table',
  columns: ['node', 'result', 'says of itself', 'why'],
  rows: sortedNodes(nodes).map((node) => [
    node.name,
    { text: node.state, outcome: node.outcome },
    hintsText(node).join(', '),
    node.message,
  ]),
});

function section({ state, nodes }: NodeGroup): Block[] {
  const { shared, own } = evidenceOf(nodes);
  const each = nodes.flatMap(({ name }, index) =>
    own[index]?.length ? [`${name}: ${own[index].join('; ')}`] : [],
  );
  const more = each.length - mostOwn;
  const lines: Line[] = [
    ...shared,
    ...each.slice(0, mostOwn),
    ...(more > 0 ? [`and ${more} more nodes`] : []),
    ...(nodes[0]?.next ?? []),
  ];
  const count = nodes.length === 1 ? '' : ` (${nodes.length} nodes)`;
  return list(`${state}: ${examples(nodes, mostNames)}${count}`, lines);
}
