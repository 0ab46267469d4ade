/** The document of a command that was run on many hosts: a row each, and what each said as a whole. */
import { type ExitCode, exitCodes, hostErrorCodes } from '../../errors.ts';
import { printable, shellQuoted } from '../../text/escape.ts';
import type { Advice } from '../../text/message.ts';
import type { Document, Finding, NodeRow, Outcome } from '../document.ts';
import * as check from './check.ts';
import * as probe from './probe.ts';
import { message, type Published, type Zod } from './shapes.ts';
import * as sweep from './sweep.ts';
import * as verify from './verify.ts';

export const hostCommands = ['check', 'probe', 'sweep', 'verify'] as const;
export type HostCommand = (typeof hostCommands)[number];

const outcomes = ['good', 'bad', 'unknown', 'failed', 'skipped'] as const satisfies Outcome[];

const host = (z: Zod) =>
  z.strictObject({
    name: z.string().describe('as it was given: [USER@]HOST'),
    outcome: z.enum(outcomes),
    state: z.string().describe('the outcome in words'),
    because: z.string(),
    exitCode: z.int().describe('what the command would give for this host alone'),
    seconds: z.number(),
    becameRootAs: z.string().nullable().describe('the user who became root by sudo; null for root itself'),
    error: message(z, hostErrorCodes).nullable().describe('why it could not be reached; null if it could'),
    report: z
      .union([check.published(z), probe.published(z), sweep.published(z), verify.published(z)])
      .nullable()
      .describe('the document of the command, as without --host; null if there is none'),
  });

export const published = (z: Zod) =>
  z.strictObject({
    schemaVersion: z.literal(1),
    program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
    command: z.enum(hostCommands),
    hosts: z.array(host(z)).describe('in the order in which they were given'),
    notes: z.array(message(z, ['became-root'])),
  });

type PublishedHosts = Published<typeof published>;
export type HostReport = PublishedHosts['hosts'][number] & {
  /** of the host alone */ document: Document | null;
};

/** The worst first: what has failed, what is affected, what is not known; a host that nothing is known of is never good. */
const worstFirst = [exitCodes.failed, exitCodes.affected, exitCodes.undetermined, exitCodes.usage] as const;

export const worstOf = (codes: readonly number[]): ExitCode =>
  worstFirst.find((code) => codes.includes(code)) ?? exitCodes.good;

const outcomeOf: Record<ExitCode, Outcome> = { 0: 'good', 1: 'bad', 2: 'unknown', 3: 'unknown', 4: 'failed' };

export function hostsDocument(
  command: HostCommand,
  version: string,
  reports: readonly HostReport[],
): Document<PublishedHosts> {
  const exitCode = worstOf(reports.map((report) => report.exitCode));
  const users = reports.filter(({ becameRootAs }) => becameRootAs !== null);
  const notes = users.length === 0 ? [] : [{ code: 'became-root' as const, text: rootText(users) }];
  return {
    command,
    subject: 'nodes',
    outcome: outcomeOf[exitCode],
    headline: headlineOf(reports),
    message: '',
    findings: reports.map(findingOf),
    blocks: [{ kind: 'nodes', nodes: reports.map(rowOf), isWide: false }],
    notes,
    next: [],
    exitCode,
    published: {
      ...{ schemaVersion: 1, program: { name: 'subpathfix', version }, command },
      hosts: reports.map(({ document: _, ...report }) => report),
      notes,
    },
  };
}

function rootText(users: readonly HostReport[]): string {
  const names = [...new Set(users.map(({ becameRootAs }) => becameRootAs))].join(', ');
  const where = users.length === 1 ? '1 host' : `${users.length} hosts`;
  return `on ${where} the login was not root: ${names} became root there by sudo -n`;
}

/** How many of each state: "3 hosts: 2 fixed, 1 unreachable". */
function headlineOf(reports: readonly HostReport[]): string {
  const counts = new Map<string, number>();
  for (const { state } of reports) counts.set(state, (counts.get(state) ?? 0) + 1);
  const hosts = reports.length === 1 ? '1 host' : `${reports.length} hosts`;
  return `${hosts}: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}`;
}

const findingOf = (report: HostReport): Finding => ({
  ...{ id: report.name, title: report.name, outcome: report.outcome, state: report.state },
  ...{ message: report.because, details: [], seconds: report.seconds, data: report.error ?? report.state },
});

function rowOf({ name, outcome, state, because, document, report }: HostReport): NodeRow {
  const os = report && 'node' in report ? report.node?.os : undefined;
  return {
    ...{ name, outcome, state, message: because },
    details: document ? detailsOf(document) : [],
    hints: os?.known ? { os: printable(os.value.name) } : {},
    next: document ? document.next.map((advice) => onHost(advice, name)) : [],
  };
}

/** The lines of its lists, as without --host. */
const detailsOf = ({ blocks, notes }: Document): string[] => [
  ...blocks.flatMap((block) => {
    if (block.only === 'markdown') return [];
    if (block.kind === 'list')
      return block.lines.map((line) => `${block.title}: ${typeof line === 'string' ? line : line.text}`);
    return block.kind === 'paragraph'
      ? block.lines.map((line) => (typeof line === 'string' ? line : line.text))
      : [];
  }),
  ...notes.map(({ text }) => `note: ${text}`),
];

/** A command of this program is for that host; any other is to be run there. */
function onHost({ command, ...advice }: Advice, name: string): Advice {
  if (command === undefined) return advice;
  const own = /^(?:sudo )?(subpathfix (?:check|probe|sweep|verify)(?: .*)?)$/.exec(command)?.[1];
  return own === undefined || own.includes(' --host')
    ? { ...advice, command }
    : { ...advice, command: `${own} ${shellQuoted({ file: '--host', args: [name] })}` };
}
