/** What kubelet's mount does, tested with kubelet's own PATH and environment. */
import { judge } from '../../verdict/judge.ts';
import { isGood } from '../../verdict/states.ts';
import { notThisNode, untilKubelet, withoutKubelet } from '../local.ts';
import type { Phase } from '../phase.ts';
import { examined, type Shared, undetermined } from '../shared.ts';

export const probe = (shared: Shared): Phase => ({
  name: 'probe',
  title: 'test its mount',
  run: async (say) => {
    const elsewhere = await notThisNode(shared);
    if (elsewhere) return elsewhere;
    await untilKubelet(shared, say);
    const { facts, node } = await examined(shared);
    // Without a running kubelet, at best its unit's mount was tested: that proves nothing about what will run.
    if (!node.kubelet.known) return withoutKubelet(node.kubelet, facts);
    if (!facts.probe.known) return undetermined(facts.probe);
    const { state, because } = judge(facts, shared.advisory);
    return { state: isGood(state) ? 'passed' : state === 'affected' ? 'affected' : 'undetermined', because };
  },
});
