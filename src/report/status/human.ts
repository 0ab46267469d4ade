/** The state of channels for a person at a terminal: a table, then what the table has no room for. */
import { createColors } from 'picocolors';
import { cell, table, wrapped } from '../../text/table.ts';
import type { ChannelStatus, Status } from './schema.ts';

const width = 100;

export function human(status: Status, color: boolean): string {
  const colors = createColors(color);
  const paint = (state: ChannelStatus['state'], text: string): string =>
    state === 'affected'
      ? colors.red(text)
      : state === 'fixed' || state === 'not-affected'
        ? colors.green(text)
        : colors.yellow(text);
  if (status.changes) return news(status, paint);

  const withFix = status.fix !== undefined;
  const header = ['CHANNEL', 'REVISION', 'DATE', 'UTIL-LINUX', 'WITHPATCHES', 'VERDICT'];
  const rows = status.channels.map((channel) => [
    cell(channel.name, 28),
    channel.revision?.slice(0, 10) ?? '-',
    channel.date?.slice(0, 10) ?? '-',
    cell(channel.utilLinux ?? '-', 10),
    yesNo(channel.withPatches),
    paint(channel.state, channel.summary),
    ...(withFix ? [yesNo(channel.fix?.contained ?? null)] : []),
  ]);
  const lines = table([withFix ? [...header, 'HAS FIX'] : header, ...rows], colors.dim);
  return `${[...lines, ...allNotes(status, paint)].join('\n')}\n`;
}

type Paint = (state: ChannelStatus['state'], text: string) => string;

/** What the table has no room for. Channels of which the same is to be said share it. */
function allNotes(status: Status, paint: Paint): string[] {
  const groups = new Map<string, { names: string[]; title: string; lines: string[] }>();
  for (const channel of status.channels) {
    const lines = notes(channel, status);
    if (lines.length === 0) continue;
    const key = [channel.summary, ...lines].join('\n');
    const group = groups.get(key) ?? { names: [], title: paint(channel.state, channel.summary), lines };
    group.names.push(channel.name);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ names, title, lines }) => [
    '',
    ...wrapped(`${names.join(', ')}: ${title}`, width, '', '  '),
    ...lines,
  ]);
}

/** A channel that is fixed, from today, with nothing to do, needs no words. */
function notes(channel: ChannelStatus, { offline }: Status): string[] {
  const lines: string[] = [];
  const add = (title: string, text: string): void => {
    lines.push(...wrapped(`${title}: ${text}`, width, '  ', '    '));
  };
  const good = channel.state === 'fixed' || channel.state === 'not-affected';
  const plain = good && channel.summary !== 'fixed by patch' && channel.from !== 'snapshot';
  if (!plain) add('why', channel.because);
  if (channel.patches?.length) add('patches', channel.patches.map(patchText).join(', '));
  if (offline && channel.from === 'cache') add('as of', `${channel.asOf}, from the cache`);
  if (channel.fix) add('fix', channel.fix.because);
  for (const advice of channel.advice) add('next', advice);
  return lines;
}

export function patchText({ name, applies }: NonNullable<ChannelStatus['patches']>[number]): string {
  return `${name}${applies === null ? ' (on a condition)' : applies ? '' : ' (not on Linux)'}`;
}

function news({ changes = [], channels }: Status, paint: Paint): string {
  const text = (brief: { summary: string; utilLinux: string | null } | null): string =>
    brief ? `${brief.summary}${brief.utilLinux === null ? '' : ` (${brief.utilLinux})`}` : '-';
  const of = (name: string): ChannelStatus | undefined => channels.find((channel) => channel.name === name);
  const rows = changes.map(({ channel, before, now, what }) => [
    cell(channel, 28),
    text(before),
    paint(of(channel)?.state ?? 'undetermined', text(now)),
    what,
  ]);
  const lines = table([['CHANNEL', 'BEFORE', 'NOW', 'CHANGED'], ...rows]);
  for (const { channel } of changes) {
    const now = of(channel);
    if (!now) continue;
    lines.push('', ...wrapped(`${channel}: ${now.because}`, width, '', '    '));
    for (const advice of now.advice) lines.push(...wrapped(`next: ${advice}`, width, '  ', '    '));
  }
  return `${lines.join('\n')}\n`;
}

export const yesNo = (value: boolean | null): string => (value === null ? '-' : value ? 'yes' : 'no');
