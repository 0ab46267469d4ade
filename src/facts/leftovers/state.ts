/** What the machine says of the mounts that were found in its mount table. */
import { type Host, ReadError } from '../../host/host.ts';
import type { Leftover, OtherMount } from './leftovers.ts';

export interface LeftoverState {
  /** whether the link leads nowhere, which is what kubelet and umount stumble over; null where it cannot be read */
  dangling: boolean | null;
  /** whether there is a process with the id of the kubelet that made it; null where it cannot be told */
  kubeletAlive: boolean | null;
  /** when the link was mounted, in ms since the epoch: the kernel makes the link's inode then */
  mountedAt: number | null;
}

/** Of a mount of this machine's own mount namespace; never follows the link. */
export async function stateOf(host: Host, { mountPoint, pid, deleted }: Leftover): Promise<LeftoverState> {
  const [target, kubeletAlive, mountedAt] = await Promise.all([
    exists(() => host.readLink(mountPoint)),
    exists(() => host.isDirectory(`/proc/${pid}`)),
    host.changedAt(mountPoint).catch(noReadError),
  ]);
  return {
    dangling: deleted ? true : target === null ? null : !target,
    // Without privileges another user's process may be hidden (hidepid, proc(5)).
    kubeletAlive: kubeletAlive === false && !host.isRoot ? null : kubeletAlive,
    mountedAt,
  };
}

async function exists(read: () => Promise<unknown>): Promise<boolean | null> {
  try {
    await read();
    return true;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return error.code === 'ENOENT' || error.code === 'ESRCH' ? false : null;
  }
}

function noReadError(error: unknown): null {
  if (error instanceof ReadError) return null;
  throw error;
}

const limits = { timeoutMs: 2_000, maxBytes: 1_000_000 };
/** For all of them together: one that does not answer takes the whole limit of its own. */
const budgetMs = 10_000;
/** Arguments of one stat; well below what execve(2) takes. */
const batch = 200;

/**
 * The mounts whose target is said not to exist, which kubelet cannot clean up either (kubernetes #139535). It is
 * stat(1) that looks, in a process that can be stopped: a file system whose server is gone may never answer.
 */
export async function danglingAmong(
  host: Host,
  mounts: OtherMount[],
  signal?: AbortSignal,
): Promise<OtherMount[]> {
  const look = async (few: OtherMount[]): Promise<'there' | 'missing' | 'unknown'> => {
    const args = ['-L', '-c', '', '--', ...few.map(({ mountPoint }) => mountPoint)];
    const { exitCode, output } = await host.run(
      { file: 'stat', args, env: { ...definedEnv(host), LC_ALL: 'C' }, mutates: false },
      signal ? { ...limits, signal } : limits,
    );
    if (exitCode === 0) return 'there';
    return /No such file or directory/.test(output) ? 'missing' : 'unknown';
  };
  const deadline = Date.now() + budgetMs;
  const dangling: OtherMount[] = [];
  const nameable = mounts.filter(({ exact }) => exact);
  for (let start = 0; start < nameable.length; start += batch) {
    const few = nameable.slice(start, start + batch);
    if ((await look(few)) === 'there') continue;
    for (const one of few) {
      if (Date.now() > deadline || signal?.aborted) return dangling;
      if ((await look([one])) === 'missing') dangling.push(one);
    }
  }
  return dangling;
}

const definedEnv = ({ env }: Host): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
