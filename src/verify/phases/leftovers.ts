/** Mounts that the defect left behind: not evidence against the fix, but pods can hang on them. */
import { readPods } from '../../cluster/pods.ts';
import { type Leftovers, readLeftovers } from '../../facts/leftovers/leftovers.ts';
import { statesOf } from '../../facts/leftovers/state.ts';
import { kubeletTable } from '../../facts/leftovers/table.ts';
import { readRunning } from '../../facts/node/kubelet.ts';
import { ReadError } from '../../host/host.ts';
import { heldPods } from '../../verdict/leftovers.ts';
import { notThisNode } from '../local.ts';
import type { Phase, PhaseResult } from '../phase.ts';
import type { Shared } from '../shared.ts';

export const leftovers = (shared: Shared): Phase => ({
  name: 'leftovers',
  title: 'find what the defect left behind',
  run: async () => (await notThisNode(shared)) ?? look(shared),
});

/** A look of its own: the smoke pod has run since the node was examined. */
async function look(shared: Shared): Promise<PhaseResult> {
  const { host } = shared;
  const table = await kubeletTable(host, await readRunning(host));
  if (table.kind === 'kubelet') return { state: 'undetermined', because: table.because };
  let found: Leftovers;
  try {
    found = await readLeftovers(host, table.file);
  } catch (error) {
    if (error instanceof ReadError) return { state: 'undetermined', because: error.message };
    throw error;
  }
  if (found.directories.length > 0) return held(shared, found);
  return table.because === null ? nothing(shared) : { state: 'undetermined', because: table.because };
}

function nothing({ examination }: Shared): PhaseResult {
  const tested = examination?.facts.probe;
  if (!tested?.known || tested.value.state !== 'affected') {
    return { state: 'passed', because: 'no mount of the defect is left' };
  }
  const because =
    "none at the moment, which proves nothing: while kubelet's mount has the defect, they come and go every few seconds";
  return { state: 'undetermined', because };
}

async function held({ host, smoke, signal }: Shared, { directories }: Leftovers): Promise<PhaseResult> {
  const pods = await readPods(host, smoke, signal);
  const states = await statesOf(host, directories);
  const names = heldPods(states, pods.known ? pods.value : new Map());
  const where = directories.length === 1 ? '1 directory' : `${directories.length} directories`;
  return {
    state: 'passed',
    because:
      names.length === 0
        ? `${where} of running pods still hold mounts that the defect made; these pods can hang when they end`
        : `${countOf(names)} held by mounts that the defect made, in ${where}`,
    details: pods.known ? names : [...names, `pods are shown by UID: ${pods.reason.text}`],
    held: names,
    next: { code: 'sweep', text: 'remove them', command: 'sudo subpathfix sweep --apply' },
  };
}

const countOf = ({ length }: readonly string[]): string => (length === 1 ? '1 pod is' : `${length} pods are`);
