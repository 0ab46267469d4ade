/** What the documents of check, generate and probe have in common: a verdict on one system. */
import type { Advisory } from '../../advisory/index.ts';
import type { FactName, Facts } from '../../facts/facts.ts';
import type { NodeFacts } from '../../facts/node/node-facts.ts';
import { adviceText } from '../../text/message.ts';
import { toPaste } from '../../verdict/confirmation.ts';
import type { Drift } from '../../verdict/drift.ts';
import { type Note, noteCodes } from '../../verdict/notes.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { type Block, type Document, exitCodeOf, list, outcomes } from '../document.ts';
import { chainLines, publishedNode, publishNode } from './node.ts';
import { facts, head, message, publishHead, verdict, type Zod } from './shapes.ts';

/** The names of facts, for people. */
const titles: Record<FactName, string> = {
  channel: 'channel',
  revision: 'nixpkgs revision',
  utilLinux: 'util-linux version',
  libmount: 'libmount version',
  packaged: 'package',
  patches: 'patches in nixpkgs',
  withPatches: 'util-linux.withPatches',
  probe: 'tested mount',
  noKubelet: 'role',
  forceMount2: 'LIBMOUNT_FORCE_MOUNT2',
};

export const publishedJudged = <Command extends string>(z: Zod, command: Command) => ({
  ...head(z, command),
  advisory: z.string(),
  verdict: verdict(z),
  facts: facts(z),
});

export const publishedInspected = <Command extends string>(z: Zod, command: Command) => ({
  ...publishedJudged(z, command),
  node: publishedNode(z).optional().describe('what was found on the machine, if one was inspected'),
  notes: z.array(message(z, noteCodes)).describe('worth knowing beside the verdict'),
});

export interface Judged {
  version: string;
  advisory: Advisory;
  verdict: Verdict;
  facts: Facts;
  /** the name of the machine that was inspected; null for none */
  hostname: string | null;
}

export interface Inspected extends Judged {
  /** null if no machine was inspected */
  node: NodeFacts | null;
  /** what a restart of kubelet's unit would change; null if no machine was inspected */
  drift: Drift | null;
  notes: Note[];
}

/** A document with the verdict as its only finding, what decided it, and the evidence against it. */
export function judgedDocument<Command extends string, Own extends object>(
  command: Command,
  { version, advisory, verdict: judged, facts: known, hostname }: Judged,
  own: Own,
  { blocks, ...rest }: Partial<Document> & Pick<Document, 'blocks'>,
) {
  const { state, because, decidedBy, evidence, against } = judged;
  const outcome = outcomes[state];
  const headline = state.replace('-', ' ');
  const details = [
    ...against.map(({ text }) => `evidence against: ${text}`),
    ...toPaste(judged).map((advice) => `to confirm: ${adviceText(advice)}`),
  ];
  return {
    command,
    subject: { node: hostname },
    outcome,
    headline,
    message: because,
    findings: [
      {
        id: advisory.id,
        title: advisory.id,
        outcome,
        state: headline,
        message: because,
        details,
        data: judged,
      },
    ],
    notes: [],
    next: [],
    exitCode: exitCodeOf[outcome],
    ...rest,
    blocks: [
      ...list('decided by', decidedBy === null ? [] : [`${titles[decidedBy]}: ${evidence}`]),
      ...list(
        'against',
        against.map(({ fact, text }) => `${titles[fact]}: ${text}`),
      ),
      ...blocks,
      factTable(known),
    ],
    published: {
      ...publishHead(command, version),
      advisory: advisory.id,
      verdict: judged,
      facts: known,
      ...own,
    },
  } satisfies Document;
}

/** The same for a system that may be a machine. */
export function inspectedDocument<Command extends string, Own extends object>(
  command: Command,
  { node, drift, notes, ...judged }: Inspected,
  own: Own,
  {
    blocks,
    showsChain = true,
    ...rest
  }: Partial<Document> & Pick<Document, 'blocks'> & { showsChain?: boolean },
) {
  const published = { node: node && drift ? publishNode(node, drift) : undefined, notes, ...own };
  const chain = list('chain', node && showsChain ? chainLines(node, judged.verdict.because) : []);
  return judgedDocument(command, judged, published, { notes, ...rest, blocks: [...chain, ...blocks] });
}

/** What would decide, where the evidence does not. */
export const confirm = ({ verdict: judged }: Judged): Block[] => list('to confirm', toPaste(judged));

/** Every known fact, for a ticket. */
function factTable(all: Facts): Block {
  const rows = Object.entries(titles).flatMap(([name, title]) => {
    const found = all[name as FactName];
    return found.known ? [[title, valueText(found.value), found.evidence]] : [];
  });
  return { kind: 'table', only: 'markdown', columns: ['fact', 'value', 'from'], rows };
}

type KnownValue = Extract<Facts[FactName], { known: true }>['value'];

/** The value of a fact in a few words. */
function valueText(value: KnownValue): string {
  if (typeof value !== 'object') return String(value);
  if ('patches' in value) return value.patches.map(({ name }) => name).join(', ') || 'none';
  if ('mount' in value) return value.state;
  if ('version' in value) return value.version.text;
  return 'semver' in value ? value.release : value.name;
}
