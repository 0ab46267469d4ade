/** The document of `audit`: what a configuration has because of the defect, one finding a place. */
import type { Advisory } from '../../advisory/index.ts';
import type { Configuration } from '../../facts/configuration/read.ts';
import type { Sighting } from '../../facts/configuration/sighting.ts';
import type { Advice } from '../../verdict/advice.ts';
import { type Audited, auditExitCode, nixpkgsText } from '../../verdict/audit.ts';
import type { JudgedNixpkgs } from '../../verdict/audit-costs.ts';
import { type Block, type Document, exitCodeOf, type Finding } from '../document.ts';
import type { Audit, AuditFinding } from './audit-shape.ts';
import { headlineOf, outcomeOfState, stateText, whatText } from './audit-words.ts';
import { publishHead } from './shapes.ts';

export interface ForAudit {
  version: string;
  advisory: Advisory;
  directory: string;
  configuration: Pick<Configuration, 'searched' | 'parsed' | 'unread' | 'locks'>;
  audited: Audited[];
  byHand: readonly Sighting[];
  /** null without --diff */
  diff: string | null;
  nixpkgs: { all: JudgedNixpkgs[]; choices: Advice[] };
  /** the command that proposes the removal */
  proposal: string;
}

export function auditDocument(given: ForAudit): Document<Audit, AuditFinding | null> {
  const { version, advisory, directory, configuration, audited, byHand, diff, nixpkgs } = given;
  const { searched, parsed, unread } = configuration;
  const findings = audited.map((each) => publish(each, byHand));
  const exitCode = auditExitCode(audited, unread.length === 0);
  const outcome = exitCode === 0 ? 'good' : exitCode === 1 ? 'bad' : 'unknown';
  const headline = headlineOf(findings, unread.length === 0);
  const shared = sharedReason(findings);
  const notes = notesOf(given);
  const advice = adviceOf(given);
  const nothing: Finding<null> = {
    ...{ id: advisory.id, title: directory, outcome, state: 'none', message: headline },
    ...{ details: [], data: null },
  };
  return {
    command: 'audit',
    subject: { node: null },
    outcome,
    headline,
    message: shared ?? '',
    findings: findings.length > 0 ? findings.map(findingOf) : [nothing],
    blocks: findings.map((each) => paragraph(each, each.because === shared)),
    notes,
    next: advice,
    exitCode: exitCodeOf[outcome],
    published: {
      ...publishHead('audit', version),
      advisory: advisory.id,
      directory,
      files: { searched, parsed },
      nixpkgs: nixpkgs.all.map(({ facts: _, ...rest }) => rest),
      findings,
      unread,
      ...(diff === null ? {} : { diff }),
      notes,
      advice,
    },
  };
}

function publish({ sighting, state, because, costs }: Audited, byHand: readonly Sighting[]): AuditFinding {
  const { kind, file, line, unit, distribution, name, marks, removals } = sighting;
  const inDiff = state === 'can-go' && removals !== null && !byHand.includes(sighting);
  const what = whatText(sighting);
  return { kind, file, line, unit, distribution, name, marks, what, state, because, costs, inDiff };
}

const placeOf = ({ file, line }: AuditFinding): string => `${file}:${line}`;

const findingOf = (data: AuditFinding): Finding<AuditFinding> => ({
  id: placeOf(data),
  title: `${placeOf(data)}: ${data.what}`,
  outcome: outcomeOfState[data.state],
  state: stateText[data.state],
  message: data.because,
  details: data.costs.map(({ text }) => `cost: ${text}`),
  data,
});

/** Why, where it is the same of all. */
function sharedReason(findings: readonly AuditFinding[]): string | null {
  const reasons = new Set(findings.map(({ because }) => because));
  const [only = null] = reasons;
  return reasons.size === 1 ? only : null;
}

const paragraph = (data: AuditFinding, isSaid: boolean): Block => ({
  kind: 'paragraph',
  title: { text: `${placeOf(data)}: ${stateText[data.state]}`, outcome: outcomeOfState[data.state] },
  lines: [
    `does: ${data.what}`,
    ...(isSaid ? [] : [`why: ${data.because}`]),
    ...data.costs.map(({ text }) => `cost: ${text}`),
  ],
});

const mostNamed = 10;

function notesOf({ configuration: { unread }, byHand, audited }: ForAudit): Audit['notes'] {
  const named = unread.slice(0, mostNamed).map(({ path, reason }) => `${path}: ${reason}`);
  const more = unread.length > mostNamed ? [`and ${unread.length - mostNamed} more`] : [];
  const places = byHand.slice(0, mostNamed).map(({ file, line }) => `${file}:${line}`);
  const going = audited.some(({ state }) => state === 'can-go');
  return [
    ...(unread.length > 0
      ? [{ code: 'not-read', text: `not read: ${[...named, ...more].join('; ')}` } as const]
      : []),
    ...(places.length > 0
      ? [{ code: 'by-hand', text: `to take out by hand: ${places.join(', ')}` } as const]
      : []),
    ...(going
      ? [
          {
            code: 'unproven',
            text: 'can go means: not needed for this defect. Rebuild, and prove it with subpathfix verify',
          } as const,
        ]
      : []),
  ];
}

function adviceOf({ audited, byHand, nixpkgs, proposal, diff, configuration, advisory }: ForAudit): Advice[] {
  const going = audited.filter(({ state }) => state === 'can-go');
  const unclear = audited.some(({ state }) => state === 'undetermined');
  const inDiff = going.some(({ sighting }) => sighting.removals !== null && !byHand.includes(sighting));
  const steps: Advice[] = [];
  if (inDiff && diff === null)
    steps.push({ code: 'propose-removal', text: 'show the removal as a patch', command: proposal });
  const files = going.flatMap(({ sighting: { kind, file } }) => (kind === 'generated' ? [file] : []));
  if (files.length > 0)
    steps.push({
      code: 'remove-fix',
      text: `then delete what generate wrote: ${files.join(', ')}`,
    });
  if (unclear && configuration.locks.length === 0)
    steps.push({
      code: 'give-version',
      text: `say what it is built from: --channel with what nixos-version prints, and --util-linux with the version in the store`,
    });
  if (unclear) steps.push(...nixpkgs.choices);
  const needed = audited.find(({ state }) => state === 'needed');
  if (needed && nixpkgs.all[0]) {
    const { minimum } = advisory.laterSecurityFixes;
    steps.push({
      code: 'permanent-fix',
      text: `permanent fix: move ${nixpkgsText(nixpkgs.all[0])} to one with util-linux ${minimum} or newer`,
    });
  }
  return steps;
}
