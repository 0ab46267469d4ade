/** What every report is made of. A command makes a document, and a format turns it into text. Pure. */
import { type ExitCode, exitCodes } from '../errors.ts';
import type { Advice, Message } from '../text/message.ts';
import type { ChannelJudgement } from '../verdict/channel-status.ts';

/** The outcome of a finding, for colors and counts. */
export type Outcome = 'good' | 'bad' | 'unknown' | 'failed' | 'skipped';

/** One thing that was found: the state of a system, a channel, a phase, a directory. */
export interface Finding<Data = unknown> {
  /** for programs: the same from run to run */
  id: string;
  /** for people */
  title: string;
  outcome: Outcome;
  /** the outcome in the command's own words: "affected", "fixed by patch", "removed" */
  state: string;
  /** why, in a sentence */
  message: string;
  details: string[];
  seconds?: number;
  /** its published form */
  data: Data;
}

export type Cell = string | { text: string; outcome: Outcome };

/** A line of text; a command stands at its end, or on a line of its own: it can be pasted as it stands. */
export type Line = string | { text: string; command?: string | undefined };

/** A part of the text between the headline and the advice; one with steps goes below the advice. */
export type Block = { only?: 'terminal' | 'markdown' } & (
  | { kind: 'list'; title: string; lines: Line[] }
  // spare: the columns that a narrow terminal does without, the first one first
  | { kind: 'table'; columns: string[]; rows: Cell[][]; spare?: string[] }
  | { kind: 'paragraph'; title: Cell; lines: Line[]; steps?: { text: string; commands: string[] }[] }
  | { kind: 'verbatim'; title: string; lines: string[] }
  // isWide: a line for each node, however many are equal
  | { kind: 'nodes'; nodes: NodeRow[]; isWide: boolean }
);

/** One node of many. */
export interface NodeRow {
  /** its name in the cluster, or [USER@]HOST */
  name: string;
  outcome: Outcome;
  /** the outcome in the command's own words */
  state: string;
  /** why, in a sentence */
  message: string;
  /** the evidence, line by line */
  details: string[];
  /** what it says of itself: never proof of anything */
  hints: NodeHints;
  next: Advice[];
}

interface NodeHints {
  kubelet?: string;
  runtime?: string;
  os?: string;
  kernel?: string;
  architecture?: string;
}

/** A list; nothing if it is empty. */
export const list = (title: string, lines: Line[]): Block[] =>
  lines.length === 0 ? [] : [{ kind: 'list', title, lines }];

/** How the text should look. */
export interface Style {
  color: boolean;
  /** the width of the terminal; null if it is not a terminal: lines are not folded */
  columns: number | null;
}

export interface Document<Published extends object = object, Data = unknown> {
  command: string;
  /** what it is about: the machine, whose name may not be known; or channels or nodes, each a finding by its name */
  subject: { node: string | null } | 'channels' | 'nodes';
  /** the overall outcome */
  outcome: Outcome;
  /** the answer in a few words */
  headline: string;
  /** why, in a sentence; empty if the headline says it all */
  message: string;
  findings: Finding<Data>[];
  blocks: Block[];
  notes: Message[];
  next: Advice[];
  exitCode: ExitCode;
  /** what --json prints */
  published: Published;
}

/** The outcome for each state of a system or a channel. */
export const outcomes = {
  affected: 'bad',
  fixed: 'good',
  'not-affected': 'good',
  undetermined: 'unknown',
  unreachable: 'unknown',
} as const satisfies Record<ChannelJudgement['state'], Outcome>;

/** The exit code of such an outcome; what is not known is never 0. */
export const exitCodeOf = {
  good: exitCodes.good,
  bad: exitCodes.affected,
  unknown: exitCodes.undetermined,
} as const;
