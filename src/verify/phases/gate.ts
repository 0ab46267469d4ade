/** Tests the mount of a system that was built, before switching to it. */
import { followMount } from '../../facts/mount/chain.ts';
import { probe, testedOf } from '../../facts/mount/probe.ts';
import { findUnit, findUnitIn } from '../../facts/node/find-unit.ts';
import { readRunning } from '../../facts/node/kubelet.ts';
import { kubeletPathOf } from '../../facts/node/kubelet-path.ts';
import { startsNone } from '../../facts/node/no-kubelet.ts';
import type { Unit } from '../../facts/node/unit.ts';
import type { Host } from '../../host/host.ts';
import type { Phase, PhaseResult } from '../phase.ts';
import { type Shared, undetermined } from '../shared.ts';

export const gate = (shared: Shared): Phase => ({
  name: 'gate',
  title: 'test the mount that the new system would give kubelet',
  barrier: true,
  run: async () => {
    const { state, because } = await testClosure(shared, shared.closure ?? '');
    return { state, because: state === 'passed' ? because : `${because}; nothing was switched` };
  },
});

async function testClosure({ host, advisory, signal }: Shared, closure: string): Promise<PhaseResult> {
  const unit = await unitIn(host, closure);
  if (!unit) return { state: 'undetermined', because: `${closure} has no known kubelet unit` };
  const none = startsNone(unit);
  if (none !== null) return { state: 'passed', because: `${unit.name} of the new system: ${none}` };
  const { env } = await kubeletPathOf(host, unit);
  const chain = await followMount(host, env, '/');
  if (!chain.known) return undetermined(chain);
  const { mount } = chain.value;
  const { outcome } = await probe(host, testedOf(chain.value), advisory, signal);
  if (!outcome.known) return undetermined(outcome);
  const gives = `${unit.name} of the new system would give kubelet ${mount}, which`;
  return outcome.value.state === 'affected'
    ? { state: 'affected', because: `${gives} still has the defect` }
    : { state: 'passed', because: `${gives} works` };
}

/** The unit of the new system that starts the same program as this system's. */
async function unitIn(host: Host, closure: string): Promise<Unit | null> {
  const unit = await findUnit(host, await readRunning(host));
  return findUnitIn(host, `${closure}/etc/systemd/system`, unit.known ? unit.value : null);
}
