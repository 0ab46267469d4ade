/** The document of `status`: the state of channels, and what to do about each. */
import { adviceText } from '../../text/message.ts';
import type { Change } from '../../verdict/changes.ts';
import {
  type Block,
  type Cell,
  type Document,
  exitCodeOf,
  type Finding,
  type Line,
  outcomes,
} from '../document.ts';
import { type ChannelStatus, channel } from './channel.ts';
import { head, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) => {
  const brief = z.strictObject({ summary: z.string(), utilLinux: z.string().nullable() });
  return z.strictObject({
    ...head(z, 'status'),
    advisory: z.string(),
    checkedAt: z.iso.datetime(),
    offline: z.boolean(),
    fix: z.string().optional().describe('the commit of --fix'),
    channels: z.array(channel(z)),
    changes: z
      .array(z.strictObject({ channel: z.string(), before: brief.nullable(), now: brief, what: z.string() }))
      .optional()
      .describe('with --since: the channels that changed'),
  });
};

export type Status = Published<typeof published>;

const isGood = ({ state }: ChannelStatus): boolean => outcomes[state] === 'good';

/** @param changes with --since: only these are shown */
export function statusDocument(status: Status, changes?: Change[]): Document<Status, ChannelStatus> {
  const { channels } = status;
  const worstFirst = ['bad', 'unknown'] as const;
  const outcome = worstFirst.find((each) => channels.some(({ state }) => outcomes[state] === each)) ?? 'good';
  const shown = channels.filter(({ name }) => !changes || changes.some(({ channel: news }) => news === name));
  return {
    command: 'status',
    subject: 'channels',
    outcome,
    headline: changes
      ? `${changes.length} of ${channels.length} channels changed`
      : `${channels.filter(isGood).length} of ${channels.length} channels without the defect`,
    message: '',
    findings: channels.map(finding),
    blocks: [
      changes ? newsTable(changes, channels) : channelTable(status),
      ...paragraphs(shown, status, changes !== undefined),
    ],
    notes: [],
    next: [],
    exitCode: exitCodeOf[outcome],
    published: { ...status, changes },
  };
}

const finding = (data: ChannelStatus): Finding<ChannelStatus> => ({
  id: data.name,
  title: data.name,
  outcome: outcomes[data.state],
  state: data.summary,
  message: data.because,
  details: data.advice.map(adviceText),
  data,
});

const yesNo = (value: boolean | null | undefined): string =>
  value === null || value === undefined ? '-' : value ? 'yes' : 'no';

function channelTable({ channels, fix }: Status): Block {
  const columns = ['CHANNEL', 'REVISION', 'DATE', 'UTIL-LINUX', 'WITHPATCHES', 'VERDICT'];
  const rows = channels.map((data) => [
    data.name,
    data.revision?.slice(0, 10) ?? '-',
    data.date?.slice(0, 10) ?? '-',
    data.utilLinux ?? '-',
    yesNo(data.withPatches),
    { text: data.summary, outcome: outcomes[data.state] },
    ...(fix === undefined ? [] : [yesNo(data.fix?.contained)]),
  ]);
  const spare = ['WITHPATCHES', 'REVISION', 'DATE'];
  return { kind: 'table', columns: fix === undefined ? columns : [...columns, 'HAS FIX'], rows, spare };
}

function newsTable(changes: Change[], channels: ChannelStatus[]): Block {
  const text = ({ summary, utilLinux }: Change['now']): string =>
    utilLinux === null ? summary : `${summary} (${utilLinux})`;
  const rows = changes.map(({ channel: name, before, now, what }): Cell[] => {
    const data = channels.find((each) => each.name === name);
    return [
      name,
      before ? text(before) : '-',
      { text: text(now), outcome: data ? outcomes[data.state] : 'unknown' },
      what,
    ];
  });
  return { kind: 'table', columns: ['CHANNEL', 'BEFORE', 'NOW', 'CHANGED'], rows };
}

/** What the table has no room for. Channels with the same text share a paragraph. */
function paragraphs(channels: ChannelStatus[], status: Status, always: boolean): Block[] {
  const groups = new Map<string, { data: ChannelStatus; names: string[] }>();
  for (const data of channels) {
    const text = lines(data, [data.name], status, always);
    if (text.length === 0) continue;
    const key = JSON.stringify([data.summary, text])
      .replaceAll(data.name, '')
      .replaceAll(data.revision ?? data.name, '');
    const group = groups.get(key) ?? { data, names: [] };
    group.names.push(data.name);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ data, names }) => ({
    kind: 'paragraph',
    title: { text: `${names.join(', ')}: ${data.summary}`, outcome: outcomes[data.state] },
    lines: lines(data, names, status, always),
  }));
}

/** A channel that is fixed, read today, with nothing to do, needs no lines. */
function lines(data: ChannelStatus, names: string[], { offline }: Status, always: boolean): Line[] {
  const plain = isGood(data) && data.summary !== 'fixed by patch' && data.from !== 'snapshot';
  const patches = data.patches?.map(patchText) ?? [];
  const next = data.advice.map(({ code, text, command }) => {
    // The only command that takes several channels.
    const takesAll = code === 'ask-online' || code === 'ask-offline';
    const all = takesAll ? command?.replace(data.name, names.join(' ')) : command;
    return { text: `next: ${text}`, command: all };
  });
  return [
    ...(plain && !always ? [] : [`why: ${data.because}`]),
    ...(patches.length > 0 ? [`patches: ${patches.join(', ')}`] : []),
    ...(offline && data.from === 'cache' ? [`as of: ${data.asOf}, from the cache`] : []),
    ...(data.fix ? [`fix: ${data.fix.because}`] : []),
    ...next,
  ];
}

function patchText({ name, applies }: NonNullable<ChannelStatus['patches']>[number]): string {
  return `${name}${applies === null ? ' (conditional)' : applies ? '' : ' (not on Linux)'}`;
}
