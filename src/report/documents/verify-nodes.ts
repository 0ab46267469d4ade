/** What `verify` says about the pods: the published form, and a row for each of many nodes. */
import { caseNames } from '../../smoke/containers.ts';
import {
  containerStates,
  type NodeResult,
  nodeStates,
  type SmokeResult,
  smokeStates,
} from '../../smoke/result.ts';
import type { Block, NodeRow, Outcome } from '../document.ts';
import { advice, type Zod } from './shapes.ts';

export const smoke = (z: Zod) => {
  const container = z.strictObject({
    name: z.string(),
    case: z.enum(caseNames),
    state: z.enum(containerStates),
    message: z.string(),
    signature: z.string().optional().describe('of the advisory'),
  });
  const node = z.strictObject({
    node: z.string().nullable(),
    state: z.enum(nodeStates),
    because: z.string(),
    containers: z.array(container),
    hints: z
      .strictObject({
        kubelet: z.string().optional(),
        runtime: z.string().optional(),
        os: z.string().optional(),
        kernel: z.string().optional(),
        architecture: z.string().optional(),
      })
      .optional()
      .describe('with all nodes: what kubelet says of its machine, which proves nothing'),
    testedAt: z.string().optional().describe('with --resume: when an earlier run found this'),
    next: advice(z).optional(),
  });
  return z.strictObject({
    state: z.enum(smokeStates),
    because: z.string(),
    nodes: z.array(node),
    removed: z
      .boolean()
      .describe('whether the API has no more objects of the run, or is removing their namespace'),
    left: z.array(z.string()).describe('what remains, where, and what to do about it'),
    scheduledMs: z.number().optional(),
    decidedMs: z.number().optional(),
  });
};

/** A row for each node, where many were asked for. */
export function nodesBlock(smokeRun: SmokeResult | undefined): Block[] {
  const nodes = (smokeRun?.nodes ?? []).flatMap(row);
  return nodes.length === 0 ? [] : [{ kind: 'nodes', nodes, isWide: false }];
}

const nodeOutcomes = {
  fixed: 'good',
  affected: 'bad',
  undetermined: 'unknown',
  skipped: 'skipped',
} as const satisfies Record<NodeResult['state'], Outcome>;

const row = ({ node, state, because, containers, hints, testedAt, next }: NodeResult): NodeRow[] =>
  node === null || hints === undefined
    ? []
    : [
        {
          name: node,
          outcome: nodeOutcomes[state],
          state,
          message: testedAt === undefined ? because : `${because} (tested ${testedAt}, by an earlier run)`,
          details: containers.map(
            (each) => `${each.name}: ${each.state}${each.message && `: ${each.message}`}`,
          ),
          hints,
          next: next ? [next] : [],
        },
      ];
