/** Mounts that the defect left behind: not evidence against the fix, but pods can hang on them. */
import type { Phase } from '../phase.ts';
import { examined, type Shared, undetermined } from '../shared.ts';

export const leftovers = (shared: Shared): Phase => ({
  name: 'leftovers',
  title: 'find what the defect left behind',
  run: async () => {
    const { leftovers: found } = (await examined(shared)).node;
    if (!found.known) return undetermined(found);
    const { directories } = found.value;
    if (directories.length === 0) return { state: 'passed', because: 'no mount of the defect is left' };
    const pods = new Set(directories.map(({ podUid }) => podUid));
    return {
      state: 'passed',
      because: `${directories.length} directories of ${pods.size} pods still hold mounts that the defect made; these pods can hang`,
      next: { code: 'sweep', text: 'remove them', command: 'sudo subpathfix sweep --apply' },
    };
  },
});
