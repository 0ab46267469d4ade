/** Tries the mount of a system that is built and not switched to. */
import type { Advisory } from '../../advisory/index.ts';
import { followMount } from '../../facts/mount/chain.ts';
import { probe } from '../../facts/mount/probe.ts';
import { readKubelet } from '../../facts/node/kubelet.ts';
import { kubeletPathOf } from '../../facts/node/kubelet-path.ts';
import { kubeletUnits, readUnit, type Unit } from '../../facts/node/unit.ts';
import type { Host } from '../../host/host.ts';
import type { PhaseResult } from '../phase.ts';

/** The mount that the new system would give kubelet, tried before anything is switched. */
export async function tryClosure(
  host: Host,
  closure: string,
  advisory: Advisory,
  signal: AbortSignal,
): Promise<PhaseResult> {
  const unit = await unitIn(host, closure);
  if (!unit) {
    return {
      state: 'undetermined',
      because: `${closure} has no unit of a kubelet that is known; nothing was switched`,
    };
  }
  const { env } = await kubeletPathOf(host, unit);
  const chain = await followMount(host, env, '/');
  if (!chain.known) return { state: 'undetermined', because: `${chain.reason}; nothing was switched` };
  const { mount } = chain.value;
  const { outcome } = await probe(host, { mount, env: chain.value.env }, advisory, signal);
  if (!outcome.known) return { state: 'undetermined', because: `${outcome.reason}; nothing was switched` };
  if (outcome.value.state === 'affected') {
    return {
      state: 'affected',
      because: `${unit.name} of the new system would give kubelet ${mount}, which still has the defect; nothing was switched`,
    };
  }
  return {
    state: 'passed',
    because: `${unit.name} of the new system would give kubelet ${mount}, which is good`,
  };
}

async function unitIn(host: Host, closure: string): Promise<Unit | null> {
  const running = await readKubelet(host);
  const named = running.known && running.value.unit !== null ? [running.value.unit] : [];
  for (const name of [...named, ...kubeletUnits]) {
    const unit = await readUnit(host, name, [`${closure}/etc/systemd/system`]);
    if (unit && unit.exec.length > 0) return unit;
  }
  return null;
}
