/** Proves the fix on the cluster. */
import type { SmokeResult } from '../../smoke/result.ts';
import { runSmoke } from '../../smoke/run.ts';
import type { Phase } from '../phase.ts';
import type { Shared } from '../shared.ts';

const states = { fixed: 'passed', affected: 'affected', undetermined: 'undetermined' } as const;

export const smoke = (shared: Shared): Phase => ({
  name: 'smoke',
  title: 'run a pod with subPaths',
  run: async (say) => {
    const { host, advisory, signal } = shared;
    const result = await runSmoke(host, shared.smoke, advisory, signal, ({ text }) => say(text));
    shared.smokeResult = result;
    const details = [...containers(result), ...result.left];
    return { state: states[result.state], because: result.because, details };
  },
});

/** A line for each container that does not run. */
const containers = ({ nodes }: SmokeResult): string[] =>
  nodes.flatMap(({ node, containers: all }) =>
    all
      .filter(({ state }) => state !== 'running')
      .map(
        ({ name, state, message }) =>
          `${node ?? 'no node'}: ${name}: ${state}${message ? `: ${message}` : ''}`,
      ),
  );
