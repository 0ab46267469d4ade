/** The report for a CI summary or a ticket. */
import { markdownText } from '../text/escape.ts';
import { factTitles } from './human.ts';
import type { Report } from './report.ts';

export function markdown(report: Report): string {
  const { verdict, facts, remedy } = report;
  const lines = [
    `## subpathfix: ${verdict.state.replace('-', ' ')}`,
    '',
    markdownText(verdict.because),
    '',
    '| fact | says | from |',
    '| --- | --- | --- |',
  ];
  for (const [name, fact] of Object.entries(facts)) {
    if (fact.known)
      lines.push(
        `| ${factTitles[name]} | ${markdownText(valueText(fact.value))} | ${markdownText(fact.evidence)} |`,
      );
  }
  const list = (title: string, items: string[]): void => {
    if (items.length > 0)
      lines.push('', `### ${title}`, '', ...items.map((item) => `- ${markdownText(item)}`));
  };
  list(
    'Against it',
    verdict.against.map(({ text }) => text),
  );
  list('To be sure', verdict.toSettle);
  list('Next', report.advice);
  list('Files', remedy?.files.map(({ path, action }) => `${path}: ${action}`) ?? []);
  list('Know', remedy?.warnings ?? []);
  return `${lines.join('\n')}\n`;
}

/** The value of a fact in a few words. */
function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  for (const key of ['release', 'name', 'state']) {
    if (key in value) return String((value as Record<string, unknown>)[key]);
  }
  if ('patches' in value && Array.isArray(value.patches)) {
    return value.patches.map((patch: { name: string }) => patch.name).join(', ') || 'none';
  }
  return JSON.stringify(value);
}
