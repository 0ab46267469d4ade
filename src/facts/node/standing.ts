/**
 * Whether a process of the machine is root's own, or this user's: what it says of itself, anybody can say
 * (proc_pid_status(5), proc_pid_ns(5), credentials(7)).
 */

import { distrustText } from '../../host/distrust.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';

/** Why a process is not believed. */
export const refusalCodes = [
  'other-user',
  'user-namespace',
  'other-program',
  'other-namespace',
  'not-trusted',
  'no-access',
  'ended',
] as const;

export interface Refusal {
  code: (typeof refusalCodes)[number];
  /** to follow the name of the process */
  text: string;
}

export interface Standing {
  /** ticks since boot; null if it cannot be read */
  started: number | null;
  parent: number | null;
  /** null if it is believed */
  refusal: Refusal | null;
}

/** As the kernel always names it (PROC_USER_INIT_INO in include/linux/proc_ns.h). */
const initialUsers = 'user:[4026531837]';

/**
 * Reads in this order, so that a process cannot be another's while one thing is read and root's while the next is:
 * who runs it first, then what; and its time of start before and after, which a later process with its id does not have.
 */
export async function standingOf(host: Host, pid: number): Promise<Standing> {
  const { started, parent, fault } = await readStat(host, pid);
  const refusal = host.live ? await refusalOf(host, pid) : await givenRefusal(host, pid);
  const again = await readStat(host, pid);
  // Whether it has ended is not known then.
  const unread = fault ?? again.fault;
  if (host.live && unread) return { started, parent, refusal: refusal ?? notExamined(unread) };
  if (!host.live || (started !== null && started === again.started)) return { started, parent, refusal };
  return { started, parent, refusal: { code: 'ended', text: 'has ended' } };
}

/** Whether it still is the process that was read before. */
export const isSame = async (host: Host, pid: number, started: number | null): Promise<boolean> =>
  !host.live || (started !== null && (await readStat(host, pid)).started === started);

async function refusalOf(host: Host, pid: number): Promise<Refusal | null> {
  try {
    const users = uidsIn(await host.readText(`/proc/${pid}/status`, 65_536));
    if (!isOwn(host, users)) return otherUser(users);
    const namespaceOf = (kind: string, of: number | 'self'): Promise<string> =>
      host.readLink(`/proc/${of}/ns/${kind}`);
    // A kernel without user namespaces has no such link (CONFIG_USER_NS).
    const own = await orNull(namespaceOf('user', 'self'), 'ENOENT');
    const namespace = own === null ? initialUsers : await namespaceOf('user', pid);
    if (namespace !== own && namespace !== initialUsers) {
      const text = 'is in a user namespace, whose root is not that of this machine';
      return { code: 'user-namespace', text };
    }
    if ((await namespaceOf('mnt', pid)) !== (await namespaceOf('mnt', 'self'))) return elsewhere;
    const program = await host.readLink(`/proc/${pid}/exe`);
    const found = await host.distrustProgramOf(pid);
    if (found) return { code: 'not-trusted', text: `runs a program that ${distrustText(program, found)}` };
    // It can have become another in the meantime, by the same id and the same time of start (execve(2)).
    const same = isOwn(host, uidsIn(await host.readText(`/proc/${pid}/status`, 65_536)));
    return same && (await host.readLink(`/proc/${pid}/exe`)) === program
      ? null
      : { code: 'ended', text: 'became another program while it was examined' };
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return isGone(error) ? { code: 'ended', text: 'has ended' } : notExamined(error);
  }
}

/** Whether a file of /proc is not there because its process is not. */
const isGone = ({ code }: ReadError): boolean => code === 'ENOENT' || code === 'ESRCH';

const notExamined = ({ message }: ReadError): Refusal => ({
  code: 'no-access',
  text: `cannot be examined (${message})`,
});

const elsewhere: Refusal = { code: 'other-namespace', text: 'is in another mount namespace' };

/** What to do about it, to follow the text. */
export const wayOut = (pid: number, { code }: Refusal): string =>
  code === 'other-namespace' ? `: run subpathfix there (nsenter --target ${pid} --mount)` : '';

/** In a system that the user gave, with the processes of a machine that runs or with some of their files. */
async function givenRefusal(host: Host, pid: number): Promise<Refusal | null> {
  const status = await orNull(host.readText(`/proc/${pid}/status`, 65_536));
  const users = status === null ? [] : uidsIn(status);
  if (users.some((uid) => uid !== 0)) return otherUser(users);
  const namespaceOf = (of: number | 'self'): Promise<string | null> =>
    orNull(host.readLink(`/proc/${of}/ns/mnt`));
  const [namespace, own] = await Promise.all([namespaceOf(pid), namespaceOf('self')]);
  return namespace === null || own === null || namespace === own ? null : elsewhere;
}

/** The real, effective, saved and file system user id; empty if the text has none. */
const uidsIn = (status: string): number[] =>
  /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/m.exec(status)?.slice(1).map(Number) ?? [];

/** All of them root's, or all this user's: a set-user-ID program has others, whoever started it. */
const isOwn = (host: Host, uids: readonly number[]): boolean =>
  [0, host.userId].some((uid) => uids.length > 0 && uids.every((each) => each === uid));

function otherUser(uids: readonly number[]): Refusal {
  const [user] = uids;
  const same = uids.every((uid) => uid === user);
  const text = same ? `belongs to user ${user}` : `was started by user ${user} (user ids ${uids.join(', ')})`;
  return { code: 'other-user', text };
}

interface Stat extends Pick<Standing, 'started' | 'parent'> {
  /** why it cannot be read, although the process may be there */
  fault: ReadError | null;
}

/** Fields 4 and 22 of stat; the second is in parentheses, and can contain anything (proc_pid_stat(5)). */
async function readStat(host: Host, pid: number): Promise<Stat> {
  let stat: string;
  try {
    stat = await host.readText(`/proc/${pid}/stat`, 65_536);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return { parent: null, started: null, fault: isGone(error) ? null : error };
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const numberAt = (index: number): number | null => {
    const value = Number(fields[index] ?? Number.NaN);
    return Number.isInteger(value) ? value : null;
  };
  return { parent: numberAt(1), started: numberAt(19), fault: null };
}
