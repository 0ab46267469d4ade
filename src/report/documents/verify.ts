/** The document of `verify`: the result of each phase. */
import { exitCodes } from '../../errors.ts';
import { heldText } from '../../verdict/leftovers.ts';
import { outcomeStates } from '../../verify/outcome.ts';
import { type PhaseReport, phaseNames, phaseStates } from '../../verify/phase.ts';
import type { VerifyResult } from '../../verify/run.ts';
import type { Block, Document, Finding, Outcome } from '../document.ts';
import { advice, head, type Published, publishHead, type Zod } from './shapes.ts';
import { nodesBlock, smoke } from './verify-nodes.ts';

const phase = (z: Zod) =>
  z.strictObject({
    name: z.enum(phaseNames),
    title: z.string(),
    state: z.enum(phaseStates),
    because: z.string(),
    details: z.array(z.string()).optional(),
    held: z.array(z.string()).optional().describe('pods that leftovers hold, by name or UID'),
    milliseconds: z.int(),
  });

export const published = (z: Zod) =>
  z.strictObject({
    ...head(z, 'verify'),
    advisory: z.string(),
    outcome: z.strictObject({
      state: z.enum(outcomeStates),
      because: z.string(),
      held: z.array(z.string()).optional().describe('pods that leftovers hold although the fix works'),
    }),
    phases: z.array(phase(z)),
    undone: z.array(phase(z)).describe('what a rollback did'),
    smoke: smoke(z).optional(),
    advice: z.array(advice(z)),
    commands: z
      .array(z.strictObject({ command: z.string(), input: z.string().optional() }))
      .optional()
      .describe('with --dry-run: what would run, and what it would get on standard input'),
  });

export const results = {
  proven: { headline: 'fixed, and proven', outcome: 'good', exitCode: exitCodes.good },
  affected: { headline: 'the defect is still there', outcome: 'bad', exitCode: exitCodes.failed },
  'not-in-effect': {
    headline: 'the defect is still there until kubelet is restarted',
    outcome: 'bad',
    exitCode: exitCodes.failed,
  },
  'lost-at-restart': {
    headline: "fixed, but only until kubelet's next restart",
    outcome: 'bad',
    exitCode: exitCodes.failed,
  },
  failed: { headline: 'failed', outcome: 'failed', exitCode: exitCodes.failed },
  undetermined: { headline: 'not proven', outcome: 'unknown', exitCode: exitCodes.undetermined },
  planned: { headline: 'nothing was run', outcome: 'skipped', exitCode: exitCodes.good },
} as const satisfies Record<VerifyResult['outcome']['state'], object>;

const phaseOutcomes: Record<PhaseReport['state'], Outcome> = {
  passed: 'good',
  affected: 'bad',
  'not-in-effect': 'bad',
  'lost-at-restart': 'bad',
  failed: 'failed',
  undetermined: 'unknown',
  skipped: 'skipped',
};

export interface Verified extends VerifyResult {
  version: string;
  advisory: string;
  /** the name of the machine */
  node: string | null;
}

/** @param isShown whether the phases have been shown where the report goes */
export function verifyDocument(
  verified: Verified,
  isShown = false,
): Document<Published<typeof published>, PhaseReport> {
  const { outcome, reports, undone, smoke: result, advice: next, version, advisory, node } = verified;
  const all = [...reports, ...undone];
  return {
    command: 'verify',
    subject: { node },
    ...results[outcome.state],
    ...(outcome.held ? { headline: heldHeadline(outcome.held) } : {}),
    message: outcome.because,
    findings: [
      ...reports.map(finding),
      ...undone.map((each) => ({ ...finding(each), id: `undo-${each.name}` })),
    ],
    blocks: [
      ...(isShown ? [] : all.map((report, index) => lines(report, [outcome, ...all.slice(0, index)]))),
      ...nodesBlock(result),
    ],
    notes: [],
    next,
    published: {
      ...publishHead('verify', version),
      advisory,
      outcome,
      phases: reports,
      undone,
      smoke: result,
      advice: next,
    },
  };
}

const mostNames = 5;

/** The fix works, but that is not what a person sees first. */
function heldHeadline(held: readonly string[]): string {
  const more = held.length > mostNames ? ` and ${held.length - mostNames} more` : '';
  return `fixed; ${heldText(held)}: ${held.slice(0, mostNames).join(', ')}${more}`;
}

export const secondsOf = ({ milliseconds }: PhaseReport): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** @param before what has been said: a reason stands once */
function lines(report: PhaseReport, before: { because: string }[]): Block {
  const { title, state, because, details = [] } = report;
  const isSaid = before.some((each) => each.because.includes(because));
  return {
    kind: 'list',
    only: 'terminal',
    title: state,
    lines: [
      isSaid ? `${title} (${secondsOf(report)})` : `${title}: ${because} (${secondsOf(report)})`,
      ...details.map((detail) => `    ${detail}`),
    ],
  };
}

const finding = (data: PhaseReport): Finding<PhaseReport> => ({
  id: data.name,
  title: data.title,
  outcome: phaseOutcomes[data.state],
  state: data.state,
  message: data.because,
  details: data.details ?? [],
  seconds: data.milliseconds / 1000,
  data,
});
