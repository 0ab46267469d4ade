/** What is news since an earlier document. A new revision that says the same is none. */
import type { ChannelStatus, Status } from '../report/status/schema.ts';

type Change = NonNullable<Status['changes']>[number];

/** The channels of which there is news; one that the earlier document does not have is news. */
export function changesSince(before: Pick<Status, 'channels'>, now: Pick<Status, 'channels'>): Change[] {
  return now.channels.flatMap((channel) => {
    const earlier = before.channels.find(({ name }) => name === channel.name);
    const what = earlier ? differences(earlier, channel) : ['new'];
    if (what.length === 0) return [];
    return [
      {
        channel: channel.name,
        before: earlier ? { summary: earlier.summary, utilLinux: earlier.utilLinux } : null,
        now: { summary: channel.summary, utilLinux: channel.utilLinux },
        what: what.join(', '),
      },
    ];
  });
}

function differences(before: ChannelStatus, now: ChannelStatus): string[] {
  const names = ({ patches }: ChannelStatus): string => JSON.stringify(patches);
  const contained = ({ fix }: ChannelStatus): boolean | null | undefined => fix?.contained;
  return [
    ...(before.state !== now.state || before.summary !== now.summary ? ['verdict'] : []),
    ...(before.utilLinux === now.utilLinux ? [] : ['util-linux']),
    ...(names(before) === names(now) ? [] : ['patches']),
    ...(before.withPatches === now.withPatches ? [] : ['withPatches']),
    ...(before.fix && now.fix && contained(before) !== contained(now) ? ['fix'] : []),
  ];
}
