/** Inspects the running kubelet, its mount, and what a restart of its unit would change about that. */
import { effectiveMount, layerText } from '../../facts/node/node-facts.ts';
import { driftSteps } from '../../verdict/advice.ts';
import { driftOf } from '../../verdict/drift.ts';
import { type Note, notesOf } from '../../verdict/notes.ts';
import { notThisNode, untilKubelet, withoutKubelet } from '../local.ts';
import type { Phase, PhaseResult } from '../phase.ts';
import { examined, type Shared, undetermined } from '../shared.ts';

export const kubelet = (shared: Shared): Phase => ({
  name: 'kubelet',
  title: 'inspect the running kubelet',
  run: async (say) => {
    const elsewhere = await notThisNode(shared);
    if (elsewhere) return elsewhere;
    await untilKubelet(shared, say);
    return inspect(shared);
  },
});

/** A note, with what to do about it. */
const noteText = ({ code, text }: Note): string =>
  code === 'csi-mount' ? `${text}: subpathfix generate --strategy wrapper` : text;

async function inspect(shared: Shared): Promise<PhaseResult> {
  const { node, facts } = await examined(shared);
  const mount = effectiveMount(node);
  if (!node.kubelet.known) return withoutKubelet(node.kubelet, facts);
  if (!mount.known) return undetermined(mount);
  const { state, because } = driftOf(node, facts, shared.advisory);
  const [next] = driftSteps(state, node.unit.known ? node.unit.value.name : null, 'subpathfix generate');
  const advised = next ? { next } : {};
  if (state === 'not-in-effect') {
    shared.waitsForRestart = true;
    return { state, because, ...advised };
  }
  if (state === 'lost-at-restart') {
    // A version alone does not say that the defect comes back: then nothing is proven, either way.
    const { plannedProbe: tested } = node;
    const isTested = tested.known && tested.value.state === 'affected';
    return { state: isTested ? state : 'undetermined', because, ...advised };
  }
  // A kubelet that no unit was found for is what it is until somebody starts another.
  if (state === 'unknown' && node.unit.known) return { state: 'undetermined', because };
  const { distribution, pid } = node.kubelet.value;
  const uses = `uses ${mount.value.mount}, from ${layerText(mount.value.layer)}`;
  return {
    state: 'passed',
    because: `kubelet of ${distribution} (pid ${pid}) ${uses}`,
    details: notesOf(node, facts, shared.advisory).map(noteText),
  };
}
