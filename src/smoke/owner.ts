/** Names the process that a run belongs to, so that the next run can tell whether it is still alive. */
import { type Host, orNull } from '../host/host.ts';

/** @returns boot, PID namespace, this process and its start; one that matches nothing if /proc lacks them */
export async function ownerOf(host: Host): Promise<string> {
  const [where, start] = await Promise.all([machine(host), startOf(host, host.pid)]);
  return where && start ? `${where}/${host.pid}/${start}` : `elsewhere/${host.pid}`;
}

/** Whether an owner was a process of this machine that has ended. For another machine's, always false. */
export async function isGone(host: Host, owner: string): Promise<boolean> {
  const where = await machine(host);
  if (where === null || !owner.startsWith(`${where}/`)) return false;
  const [, pid = '', start = ''] = /\/(\d{1,10})\/(\d+)$/.exec(owner) ?? [];
  return pid !== '' && (await startOf(host, Number(pid))) !== start;
}

async function machine(host: Host): Promise<string | null> {
  const [boot, namespace] = await Promise.all([
    orNull(host.readText('/proc/sys/kernel/random/boot_id', 100)),
    orNull(host.readLink('/proc/self/ns/pid')),
  ]);
  return boot === null || namespace === null ? null : `${boot.trim()}/${namespace}`;
}

/** starttime, the 22nd field (proc_pid_stat(5)); the name before it may contain anything. A pid alone can be reused. */
async function startOf(host: Host, pid: number): Promise<string | null> {
  const stat = await orNull(host.readText(`/proc/${pid}/stat`, 4096));
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}
