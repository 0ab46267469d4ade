/** The report of `verify`, in each format. */
import { createColors } from 'picocolors';
import { markdownText, printable, xmlText } from '../../text/escape.ts';
import type { FormatName } from '../report.ts';
import type { Verified } from './schema.ts';

const titles = {
  proven: 'fixed, and proven',
  affected: 'the defect is still there',
  failed: 'failed',
  undetermined: 'not proven',
} as const;

/** One phase as a line, as it ends. */
export function phaseLine({ title, state, because, milliseconds }: Verified['phases'][number]): string {
  return `${state.padEnd(12)} ${title}: ${because} (${(milliseconds / 1000).toFixed(1)} s)`;
}

function human(report: Verified, color: boolean): string {
  const colors = createColors(color);
  const { state, because } = report.outcome;
  const paint = {
    proven: colors.green,
    affected: colors.red,
    failed: colors.red,
    undetermined: colors.yellow,
  }[state];
  const lines = [`${colors.bold(paint(titles[state]))}: ${because}`];
  for (const phase of [...report.phases, ...report.undone]) {
    lines.push(`  ${phaseLine(phase)}`);
    for (const detail of phase.details ?? []) lines.push(`      ${detail}`);
  }
  for (const advice of report.advice) lines.push(`  next: ${advice}`);
  return `${lines.join('\n')}\n`;
}

function markdown({ outcome, phases, undone, advice }: Verified): string {
  return [
    `## subpathfix verify: ${titles[outcome.state]}`,
    '',
    markdownText(outcome.because),
    '',
    '| phase | result | why |',
    '| --- | --- | --- |',
    ...[...phases, ...undone].map(
      ({ title, state, because }) => `| ${markdownText(title)} | ${state} | ${markdownText(because)} |`,
    ),
    ...(advice.length > 0 ? ['', ...advice.map((line) => `- ${markdownText(line)}`)] : []),
    '',
  ].join('\n');
}

/** One case a phase; what could not be told is an error, not a pass. */
function junit({ phases }: Verified): string {
  const count = (...states: string[]): number => phases.filter(({ state }) => states.includes(state)).length;
  const totals = `tests="${phases.length}" failures="${count('affected', 'failed')}" errors="${count('undetermined')}" skipped="${count('left out')}"`;
  const inner = {
    passed: (text: string) => `<system-out>${text}</system-out>`,
    affected: (text: string) => `<failure message="${text}"/>`,
    failed: (text: string) => `<failure message="${text}"/>`,
    undetermined: (text: string) => `<error message="${text}"/>`,
    'left out': (text: string) => `<skipped message="${text}"/>`,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="subpathfix verify" ${totals}>`,
    ...phases.map(
      ({ name, state, because, milliseconds }) =>
        `  <testcase classname="subpathfix.verify" name="${name}" time="${milliseconds / 1000}">${inner[state](xmlText(because))}</testcase>`,
    ),
    '</testsuite>',
    '',
  ].join('\n');
}

const writers: Record<FormatName, (report: Verified, color: boolean) => string> = {
  human,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  markdown,
  junit,
};

/** The report in a format; JSON escapes what a terminal must not get, the others have it replaced. */
export function writeVerified(report: Verified, format: FormatName, color: boolean): string {
  return writers[format](format === 'json' ? report : printable(report), color);
}
