/** What a sweep lists, in its published form. */
import { abandonedScratch } from '../apply/sweep.ts';
import { type ClusterOptions, type Pod, readPods } from '../cluster/pods.ts';
import { type Fact, unknown } from '../facts/fact.ts';
import type { Leftover, LeftoverDirectory, Leftovers } from '../facts/leftovers/leftovers.ts';
import { type LeftoverState, staleAmong, stateElsewhere, stateOf } from '../facts/leftovers/state.ts';
import type { MountTable } from '../facts/leftovers/table.ts';
import type { Ignored } from '../facts/node/kubelet.ts';
import type { Host } from '../host/host.ts';
import type { Sweep, SweepMount } from '../report/documents/sweep.ts';
import { commentText } from '../text/escape.ts';
import { isStuck, obstacleOf } from '../verdict/leftovers.ts';
import { ignoredText } from '../verdict/notes.ts';

type Note = Sweep['notes'][number];

const note = (code: Note['code'], text: string): Note => ({ code, text });

export type Listing = Pick<
  Sweep,
  'mounts' | 'directories' | 'otherKinds' | 'abandoned' | 'malformedLines' | 'podNames' | 'notes'
>;

const nothingToAsk: Fact<Map<string, Pod>> = unknown('not-applicable', 'there are no pods to look up');

/** How the mounts were found. */
interface Seen {
  table: MountTable;
  ignored: readonly Ignored[];
}

/** Everything that is known about the leftovers, with a reason for what is not. */
export async function listingOf(
  host: Host,
  { directories, others, malformed }: Leftovers,
  { table, ignored }: Seen,
  options: ClusterOptions,
  signal: AbortSignal,
): Promise<Listing> {
  const leftovers = directories.flatMap((directory) =>
    directory.leftovers.map((leftover) => ({ directory, leftover })),
  );
  // Its paths name other files here.
  const isOther = table.kind === 'kubelet';
  const state = (leftover: Leftover): Promise<LeftoverState> =>
    isOther ? stateElsewhere(host, leftover) : stateOf(host, leftover);
  const [stale, found, pods, abandoned] = await Promise.all([
    isOther ? [] : staleAmong(host, others, signal),
    Promise.all(leftovers.map(async (each) => ({ ...each, state: await state(each.leftover) }))),
    leftovers.length === 0 ? nothingToAsk : readPods(host, options, signal),
    abandonedScratch(host),
  ]);
  const mounts = found.map((each) => describe(each, pods, host.now()));
  return {
    mounts,
    directories: directories.map((directory) => ({
      path: directory.path,
      siblings: directory.siblings.map(({ mountPoint }) => mountPoint),
      obstacle: obstacleOf(directory, stale),
    })),
    otherKinds: stale.map(({ id: _, exact: __, ...other }) => other),
    abandoned,
    malformedLines: malformed,
    podNames: pods.known ? pods.evidence : null,
    notes: [
      ...podNotes(pods, mounts),
      ...stale.map(({ mountPoint, fsType }) =>
        note(
          'other-kind',
          `${commentText(mountPoint)} (${commentText(fsType)}): its target does not exist, but not because of this defect (see kubernetes #139535); not touched`,
        ),
      ),
      ...abandoned.map((path) =>
        note('abandoned', `${path} was left by a sweep that was killed; --apply removes it, which is safe`),
      ),
      ...(malformed > 0
        ? [note('malformed-lines', `${malformed} lines of the mount table could not be read`)]
        : []),
      ...tableNotes(table),
      ...ignoredNotes(ignored),
    ],
  };
}

function tableNotes({ because, kind }: MountTable): Note[] {
  if (because === null) return [];
  return kind === 'kubelet'
    ? [note('other-namespace', `${because}. These are its mounts, not those of this shell`)]
    : [note('other-namespace', `cannot determine whether these are kubelet's mounts: ${because}`)];
}

function ignoredNotes(ignored: readonly Ignored[]): Note[] {
  const text = ignoredText(ignored);
  return text === null ? [] : [note('ignored-processes', commentText(text))];
}

type Pods = Fact<Map<string, Pod>>;

/** @param now ms since the epoch */
function describe(
  { directory, leftover, state }: { directory: LeftoverDirectory; leftover: Leftover; state: LeftoverState },
  pods: Pods,
  now: number,
): SweepMount {
  const { kubeletRoot, podUid, volume, container, path } = directory;
  const { stale, mountedAt } = state;
  const { mountPoint, index, pid, fd } = leftover;
  const pod = pods.known ? (pods.value.get(podUid) ?? null) : null;
  return {
    ...{ kubeletRoot, podUid, volume, container, mountPoint, index, directory: path, pod },
    kubeletPid: pid,
    fd,
    mountedAt: mountedAt === null ? null : new Date(mountedAt).toISOString(),
    ageSeconds: mountedAt === null ? null : Math.max(0, Math.round((now - mountedAt) / 1000)),
    stale,
    stuck: isStuck(state, pod),
  };
}

function podNotes(pods: Pods, mounts: SweepMount[]): Note[] {
  if (mounts.every(({ pod }) => pod !== null)) return [];
  if (!pods.known) return [note('pods-not-named', `pods are shown by UID: ${commentText(pods.reason.text)}`)];
  const text = `${pods.evidence} does not know every pod listed here: the others were deleted, or belong to another cluster`;
  return [note('pod-not-known', text)];
}
