/** The phase that proves it on the cluster. */
import type { Advisory } from '../../advisory/index.ts';
import type { Host } from '../../host/host.ts';
import { runSmoke, type SmokeOptions, type SmokeResult } from '../../smoke/run.ts';
import type { Phase } from '../phase.ts';

/** @param keep gets the whole result */
export function smokePhase(
  host: Host,
  options: SmokeOptions,
  advisory: Advisory,
  signal: AbortSignal,
  keep: (result: SmokeResult) => void,
): Phase {
  return {
    name: 'smoke',
    title: 'run a pod with subPaths',
    run: async (say) => {
      const result = await runSmoke(host, options, advisory, signal, say);
      keep(result);
      const details = [
        ...result.nodes.flatMap((node) =>
          node.containers
            .filter(({ state }) => state !== 'running')
            .map(
              ({ name, state, message }) =>
                `${node.node ?? 'no node'}: ${name}: ${state}${message ? `: ${message}` : ''}`,
            ),
        ),
        ...result.left,
      ];
      const state = { fixed: 'passed', affected: 'affected', undetermined: 'undetermined' } as const;
      return { state: state[result.state], because: result.because, details };
    },
  };
}
