/** What changed in channels since an earlier document; a new revision alone is not a change. Pure. */

interface Brief {
  summary: string;
  utilLinux: string | null;
}

/** The part of a channel that is compared. */
export interface Compared extends Brief {
  name: string;
  state: string;
  patches: object[] | null;
  withPatches: boolean | null;
  fix?: { contained: boolean | null } | undefined;
}

export interface Change {
  channel: string;
  before: Brief | null;
  now: Brief;
  what: string;
}

/** The channels that changed, including those that the earlier document does not have. */
export function changesSince(before: readonly Compared[], now: readonly Compared[]): Change[] {
  return now.flatMap((channel) => {
    const earlier = before.find(({ name }) => name === channel.name);
    const what = earlier ? differences(earlier, channel) : ['new'];
    if (what.length === 0) return [];
    const news = { before: earlier ? brief(earlier) : null, now: brief(channel), what: what.join(', ') };
    return [{ channel: channel.name, ...news }];
  });
}

const brief = ({ summary, utilLinux }: Compared): Brief => ({ summary, utilLinux });

const compared: Record<string, (channel: Compared) => unknown> = {
  verdict: ({ state, summary }) => [state, summary],
  'util-linux': ({ utilLinux }) => utilLinux,
  patches: ({ patches }) => patches,
  withPatches: ({ withPatches }) => withPatches,
  fix: ({ fix }) => fix?.contained,
};

function differences(before: Compared, now: Compared): string[] {
  // Not every run is asked about a commit.
  const { fix, ...always } = compared;
  return Object.entries(before.fix && now.fix ? compared : always)
    .filter(([, part]) => JSON.stringify(part(before)) !== JSON.stringify(part(now)))
    .map(([name]) => name);
}
