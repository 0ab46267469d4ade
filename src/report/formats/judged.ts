/** What a document judges, for the formats that have an entry for each: its findings, and the nodes besides. */
import type { Block, Document, Finding, NodeRow } from '../document.ts';
import { hintsText } from './nodes.ts';

export interface Judged extends Pick<Finding, 'id' | 'outcome' | 'message' | 'details' | 'seconds'> {
  kind: 'finding' | 'node';
}

/** The findings, then the nodes that are not findings themselves; a node says at its end what it says of itself. */
export function judgedOf({ subject, findings, blocks }: Document): Judged[] {
  const nodes = blocks.flatMap((block) => (block.kind === 'nodes' ? block.nodes : []));
  const kind = subject === 'nodes' ? 'node' : 'finding';
  const rows = new Map(nodes.map((node) => [node.name, node]));
  const known = new Set(subject === 'nodes' ? findings.map(({ id }) => id) : []);
  return [
    ...findings.map((finding) => {
      const node = subject === 'nodes' ? rows.get(finding.id) : undefined;
      return { ...finding, kind, details: node ? detailsOf(node) : finding.details } as const;
    }),
    ...nodes.filter(({ name }) => !known.has(name)).map(fromRow),
  ];
}

const fromRow = (node: NodeRow): Judged => ({
  kind: 'node',
  id: node.name,
  outcome: node.outcome,
  message: node.message,
  details: detailsOf(node),
});

const detailsOf = (node: NodeRow): string[] => [...node.details, ...hintsText(node)];

/** Whether a block has all findings of its document. */
export const isTabled = ({ kind }: Block, { subject }: Pick<Document, 'subject'>): boolean =>
  kind === 'table' || (kind === 'nodes' && subject === 'nodes');
