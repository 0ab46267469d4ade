/** Inspects the running kubelet, its mount, and whether its unit's settings are in effect. */
import { effectiveMount, layerText } from '../../facts/node/node-facts.ts';
import { notesOf } from '../../verdict/notes.ts';
import type { Phase } from '../phase.ts';
import { examined, type Shared, undetermined } from '../shared.ts';

export const kubelet = (shared: Shared): Phase => ({
  name: 'kubelet',
  title: 'inspect the running kubelet',
  run: async () => {
    const { node, facts } = await examined(shared);
    const mount = effectiveMount(node);
    if (!node.kubelet.known) return undetermined(node.kubelet);
    if (!mount.known) return undetermined(mount);
    const notes = notesOf(node, facts, shared.advisory);
    const waiting = notes.find(({ code }) => code === 'not-in-effect');
    if (waiting) {
      const command = node.unit.known ? `sudo systemctl restart ${node.unit.value.name}` : undefined;
      const text = "restart kubelet's unit, then verify again";
      return { state: 'affected', because: waiting.text, next: { code: 'restart-kubelet', text, command } };
    }
    const { distribution, pid } = node.kubelet.value;
    const uses = `uses ${mount.value.mount}, from ${layerText(mount.value.layer)}`;
    return {
      state: 'passed',
      because: `kubelet of ${distribution} (pid ${pid}) ${uses}`,
      details: notes.map(({ text }) => text),
    };
  },
});
