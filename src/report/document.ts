/** What every report is made of. A command makes a document, and a format writes it down. Pure. */
import { type ExitCode, exitCodes } from '../errors.ts';
import type { Advice, Message } from '../text/message.ts';
import type { ChannelJudgement } from '../verdict/channel-status.ts';

/** What a finding comes to, for whoever colours or counts it. */
export type Outcome = 'good' | 'bad' | 'unknown' | 'failed' | 'skipped';

/** One thing that was found: the state of a system, a channel, a phase, a directory. */
export interface Finding<Data = unknown> {
  /** what a program calls it: the same from run to run */
  id: string;
  /** what a person calls it */
  title: string;
  outcome: Outcome;
  /** the outcome in the command's own word: "affected", "fixed by patch", "removed" */
  state: string;
  /** why, in a sentence */
  message: string;
  details: string[];
  seconds?: number;
  /** its published form */
  data: Data;
}

export type Cell = string | { text: string; outcome: Outcome };

/** A piece of what a person reads between the headline and the advice; what has steps stands below the advice. */
export type Block = { only?: 'terminal' | 'markdown' } & (
  | { kind: 'list'; title: string; lines: string[] }
  | { kind: 'table'; columns: string[]; rows: Cell[][] }
  | { kind: 'paragraph'; title: Cell; lines: string[]; steps?: { text: string; commands: string[] }[] }
  | { kind: 'verbatim'; title: string; lines: string[] }
);

/** A list, where there is something to list. */
export const list = (title: string, lines: string[]): Block[] =>
  lines.length === 0 ? [] : [{ kind: 'list', title, lines }];

/** How a format is to write. */
export interface Style {
  color: boolean;
  /** the width of the terminal; null where it is none, and lines are not folded */
  columns: number | null;
}

export interface Document<Published extends object = object, Data = unknown> {
  command: string;
  /** what it is about: the machine, whose name may not be known, or channels, each a finding */
  subject: { node: string | null } | 'channels';
  /** what the whole comes to */
  outcome: Outcome;
  /** the answer in a few words */
  headline: string;
  /** why, in a sentence; empty where the headline says it all */
  message: string;
  findings: Finding<Data>[];
  blocks: Block[];
  notes: Message[];
  next: Advice[];
  exitCode: ExitCode;
  /** what --json prints */
  published: Published;
}

/** What the state of a system or of a channel comes to. */
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
