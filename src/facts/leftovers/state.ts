/** The state of the mounts that were found in the mount table. */
import { type Host, orNull, ReadError } from '../../host/host.ts';
import type { Leftover, LeftoverDirectory, OtherMount } from './leftovers.ts';

export interface LeftoverState {
  /** the link has no target, which breaks kubelet and umount; null if it cannot be read */
  stale: boolean | null;
  /** whether there is a process with the id of the kubelet that made it */
  kubeletAlive: boolean;
  /** when the link was mounted, in ms since the epoch: the kernel makes the link's inode then */
  mountedAt: number | null;
}

/** For a mount in this machine's own mount namespace; never follows the link. */
export async function stateOf(host: Host, { mountPoint, pid, deleted }: Leftover): Promise<LeftoverState> {
  const [stale, kubeletAlive, mountedAt] = await Promise.all([
    deleted || isStale(host, mountPoint),
    host.isAlive(pid),
    orNull(host.changedAt(mountPoint)),
  ]);
  return { stale, kubeletAlive, mountedAt };
}

/** The states of all, by the directories that they are in. */
export const statesOf = (
  host: Host,
  directories: readonly LeftoverDirectory[],
): Promise<{ podUid: string; states: LeftoverState[] }[]> =>
  Promise.all(
    directories.map(async ({ podUid, leftovers }) => ({
      podUid,
      states: await Promise.all(leftovers.map((each) => stateOf(host, each))),
    })),
  );

/** For a mount in another mount namespace, where its path leads elsewhere than here. */
export const stateElsewhere = async (host: Host, { pid, deleted }: Leftover): Promise<LeftoverState> => ({
  stale: deleted || null,
  kubeletAlive: await host.isAlive(pid),
  mountedAt: null,
});

async function isStale(host: Host, link: string): Promise<boolean | null> {
  try {
    await host.readLink(link);
    return false;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return error.code === 'ENOENT' || error.code === 'ESRCH' ? true : null;
  }
}

const limits = { timeoutMs: 2_000, maxBytes: 1_000_000 };
/** For all of them together: each that does not answer uses up its own limit. */
const budgetMs = 10_000;
/** Arguments of one stat, well below the limit of execve(2). */
const batch = 200;

/**
 * The mounts whose target does not exist, which kubelet cannot clean up either (kubernetes #139535). Checked by
 * stat(1), a process that can be stopped: a file system whose server is gone may never answer.
 */
export async function staleAmong(
  host: Host,
  mounts: OtherMount[],
  signal?: AbortSignal,
): Promise<OtherMount[]> {
  /** What stat complains about; null if it found all. */
  const refusal = async (few: OtherMount[]): Promise<string | null> => {
    const args = ['-L', '-c', '', '--', ...few.map(({ mountPoint }) => mountPoint)];
    const command = { file: 'stat', args, env: { ...host.env, LC_ALL: 'C' }, mutates: false };
    const { exitCode, output } = await host.run(command, { ...limits, signal });
    return exitCode === 0 ? null : output;
  };
  const deadline = host.monotonic() + budgetMs;
  const stale: OtherMount[] = [];
  const nameable = mounts.filter(({ exact }) => exact);
  for (let start = 0; start < nameable.length; start += batch) {
    const few = nameable.slice(start, start + batch);
    if ((await refusal(few)) === null) continue;
    for (const mount of few) {
      if (host.monotonic() > deadline || signal?.aborted) return stale;
      if (/No such file or directory/.test((await refusal([mount])) ?? '')) stale.push(mount);
    }
  }
  return stale;
}
