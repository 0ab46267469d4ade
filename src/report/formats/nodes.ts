/** Many nodes as a table. */
import type { Cell, NodeRow } from '../document.ts';

/** One line for each node. */
export const nodesTable = (
  nodes: readonly NodeRow[],
): { kind: 'table'; columns: string[]; rows: Cell[][] } => ({
  kind: 'table',
  columns: ['NODE', 'RESULT', 'WHY'],
  rows: nodes.map(({ name, state, outcome, message }) => [name, { text: state, outcome }, message]),
});
