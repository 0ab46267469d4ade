/** Names the process that a run belongs to, so that the next run can tell whether it still lives. */
import { type Host, ReadError } from '../host/host.ts';

/** @returns boot, PID namespace, process and its start; one that matches nothing where /proc has none of these */
export async function ownerOf(host: Host, pid: number): Promise<string> {
  const [where, start] = await Promise.all([here(host), startOf(host, pid)]);
  return where && start ? `${where}/${pid}/${start}` : `elsewhere/${pid}`;
}

/** Whether an owner was a process of this machine and is none any more. Of another machine's nothing is known. */
export async function isGone(host: Host, owner: string): Promise<boolean> {
  const where = await here(host);
  if (where === null || !owner.startsWith(`${where}/`)) return false;
  const [, pid = '', start = ''] = /\/(\d{1,10})\/(\d+)$/.exec(owner) ?? [];
  return pid !== '' && (await startOf(host, Number(pid))) !== start;
}

async function here(host: Host): Promise<string | null> {
  try {
    const [boot, namespace] = await Promise.all([
      host.readText('/proc/sys/kernel/random/boot_id', 100),
      host.readLink('/proc/self/ns/pid'),
    ]);
    return `${boot.trim()}/${namespace}`;
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}

/** starttime, the 22nd field (proc_pid_stat(5)); the name before it may hold anything. */
async function startOf(host: Host, pid: number): Promise<string | null> {
  try {
    const stat = await host.readText(`/proc/${pid}/stat`, 4096);
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}
