/** Gives nodes their turn: the DaemonSet with another list of them. */
import type { Call } from '../../cluster/kubectl.ts';
import { daemonSet, nameOf, type SmokeTarget } from '../objects.ts';

/** One request, whatever kubectl knows of the API: `kubectl patch` would read the object and the API's groups first. */
export const turnCall = (target: SmokeTarget, nodes: readonly string[], expiryUid: string): Call => ({
  args: ['replace', '-f', '-', '--raw', `${daemonSetsOf(target)}/${nameOf(target)}`],
  input: daemonSet(target, nodes, expiryUid),
  mutates: true,
});

const daemonSetsOf = ({ namespace }: Pick<SmokeTarget, 'namespace'>): string =>
  `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
