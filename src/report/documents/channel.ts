/** One channel in the document of `status`. */
import { type Advisory, fixPatch } from '../../advisory/index.ts';
import { type ChannelReading, readingSources } from '../../facts/nixpkgs/channels.ts';
import { type ChannelJudgement, channelStates, summaries } from '../../verdict/channel-status.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const channel = (z: Zod) => {
  const time = z.iso.datetime();
  const patch = z.strictObject({
    name: z.string(),
    url: z.string().optional(),
    applies: z.boolean().nullable().describe('on NixOS; null if its condition is not understood'),
  });
  return z.strictObject({
    name: z.string(),
    revision: z.string().nullable(),
    date: time.nullable().describe('when the channel moved to it; null if the server does not say'),
    utilLinux: z.string().nullable().describe('the version, or a range such as >=2.41.1 from the snapshot'),
    patches: z.array(patch).nullable().describe('those that are named like the fix'),
    withPatches: z.boolean().nullable(),
    state: z.enum(channelStates),
    summary: z.enum(summaries),
    because: z.string(),
    advice: z.array(advice(z)),
    from: z.enum(readingSources),
    asOf: z.union([time, z.iso.date()]).nullable().describe('when this was current'),
    source: z.string().nullable().describe('where it was read'),
    fix: z
      .strictObject({ contained: z.boolean().nullable(), because: z.string() })
      .optional()
      .describe('with --fix; contained is null if it cannot be determined'),
  });
};

export type ChannelStatus = Published<typeof channel>;

/** The published form of a channel, from what was read about it and its verdict. */
export function publishChannel(
  reading: ChannelReading,
  judgement: ChannelJudgement,
  advisory: Advisory,
): ChannelStatus {
  const facts = 'facts' in reading ? reading.facts : null;
  const at = 'at' in reading ? reading.at : null;
  const snapshot = reading.from === 'snapshot' ? reading : null;
  const version = facts?.utilLinux.known ? facts.utilLinux : null;
  const patches = facts?.patches.known ? facts.patches.value.patches : null;
  return {
    name: reading.name,
    revision: at?.revision ?? null,
    date: at?.date ?? null,
    utilLinux: version?.value.release ?? snapshot?.entry.utilLinux ?? null,
    patches:
      patches
        ?.filter((patch) => fixPatch(patch, advisory) && !patch.reverts)
        .map(({ name, url, applies }) => ({ name, url, applies: applies.known ? applies.value : null })) ??
      null,
    withPatches: facts?.withPatches.known ? facts.withPatches.value : null,
    ...judgement,
    from: reading.from,
    asOf: at?.asOf ?? snapshot?.asOf ?? null,
    source: facts ? (version?.evidence ?? at?.url ?? null) : (snapshot?.entry.source.url ?? null),
  };
}
