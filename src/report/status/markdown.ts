/** The state of channels for a CI summary or a ticket. */
import { markdownText } from '../../text/escape.ts';
import { patchText, yesNo } from './human.ts';
import type { Status } from './schema.ts';

const row = (cells: string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;

export function markdown({ channels, changes, fix, advisory }: Status): string {
  const fixed = channels.filter(({ state }) => state === 'fixed' || state === 'not-affected').length;
  const header = ['channel', 'verdict', 'util-linux', 'patches', 'withPatches', 'revision', 'date'];
  const lines = [
    `## subpathfix: ${fixed} of ${channels.length} channels without the defect`,
    '',
    `${markdownText(advisory)}, ${markdownText(channels.map(({ asOf }) => asOf ?? '').sort()[0] || 'time unknown')}`,
    '',
    row(fix === undefined ? header : [...header, `has ${fix.slice(0, 12)}`]),
    `|${' --- |'.repeat(header.length + (fix === undefined ? 0 : 1))}`,
    ...channels.map((channel) =>
      row([
        channel.name,
        channel.summary,
        channel.utilLinux ?? '-',
        channel.patches?.map(patchText).join(', ') || '-',
        yesNo(channel.withPatches),
        channel.revision?.slice(0, 12) ?? '-',
        channel.date?.slice(0, 10) ?? '-',
        ...(fix === undefined ? [] : [yesNo(channel.fix?.contained ?? null)]),
      ]),
    ),
  ];
  const list = (title: string, items: string[]): void => {
    if (items.length > 0)
      lines.push('', `### ${title}`, '', ...items.map((item) => `- ${markdownText(item)}`));
  };
  list('Changed', changes?.map(({ channel, before, now }) => changed(channel, before, now)) ?? []);
  list(
    'Why',
    channels
      .filter(({ state, from }) => !(state === 'fixed' || state === 'not-affected') || from === 'snapshot')
      .map(({ name, because }) => `${name}: ${because}`),
  );
  list(
    'Next',
    channels.flatMap(({ name, advice }) => advice.map((text) => `${name}: ${text}`)),
  );
  return `${lines.join('\n')}\n`;
}

function changed(channel: string, before: { summary: string } | null, now: { summary: string }): string {
  return `${channel}: ${before ? `${before.summary}, now ` : ''}${now.summary}`;
}
