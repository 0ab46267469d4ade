/** How a node is after a switch. */
import { examineNode } from '../facts/node/examine.ts';
import { defaultTimeoutMs } from '../smoke/target.ts';
import type { Shared } from './shared.ts';
import { differs, profile, readSystems, runningSystem } from './systems.ts';

/**
 * Waits for a kubelet that has to be there.
 * @param mounts one of which it must use; empty for any
 * @returns how it differs when the time is up; null if it does not
 */
async function kubeletDiffers({ host, advisory, smoke }: Shared, mounts: string[]): Promise<string | null> {
  // Without the signal: this also follows an interruption. Nothing is run for it.
  const examining = { live: false, signal: new AbortController().signal };
  const deadline = host.monotonic() + (smoke.timeoutMs ?? defaultTimeoutMs);
  for (;;) {
    const { kubelet, mount } = (await examineNode(host, advisory, examining)).node;
    const uses = mount.known ? mount.value.mount : null;
    const isRight = mounts.length === 0 || (uses !== null && mounts.includes(uses));
    if (kubelet.known ? isRight : kubelet.unreadable) return null;
    if (host.monotonic() > deadline) {
      return kubelet.known
        ? `kubelet uses ${uses ?? 'another mount'}, not ${mounts[0]} as before`
        : `kubelet does not run as it did before: ${kubelet.reason.text}`;
    }
    await host.pause(300);
  }
}

/** Whether a kubelet that ran before has not come back, also after some time. */
export async function hasLostKubelet(shared: Shared): Promise<boolean> {
  const { before, examination } = shared;
  const seen = examination?.node.kubelet;
  if (!before?.kubeletRan || before.mode === 'boot' || !seen || seen.known || seen.unreadable) return false;
  return (await kubeletDiffers(shared, [])) !== null;
}

/** How the node differs from what it was; null if it does not. kubelet gets time to start. */
export async function notBack(shared: Shared): Promise<string | null> {
  const { host, before } = shared;
  if (!before) return null;
  const { mode, kubeletRan, mounts } = before;
  const { running, next } = await readSystems(host);
  if (mode !== 'boot' && running !== before.running) return differs(runningSystem, running, before.running);
  if (mode !== 'test' && next !== before.next) return differs(profile, next, before.next);
  return kubeletRan && mode !== 'boot' ? kubeletDiffers(shared, mounts) : null;
}
