/** How the nodes of a cluster are reached from outside: by their InternalIP. */
import { exitCodes, UserError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { ask, type ClusterOptions, documents, findKubectl } from './kubectl.ts';
import { itemsOf, textAt, valueAt } from './views.ts';

const limits = { timeoutMs: 30_000 };

/**
 * The first InternalIP of each Linux node, in the order of their names.
 * @throws {UserError} where the cluster cannot be asked, or a node has no such address: it would be left out unsaid
 */
export async function nodeAddresses(
  host: Host,
  options: ClusterOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const refuse = (why: string): never => {
    throw new UserError(`--hosts-from cluster: ${why}`, exitCodes.undetermined);
  };
  const kubectl = await findKubectl(host, options);
  if (!kubectl.known) return refuse(kubectl.reason.text);
  const answer = await ask(
    host,
    kubectl.value,
    { args: ['get', 'nodes', '--output=json'] },
    { ...limits, signal },
  );
  if (!answer.ok) return refuse(answer.words);
  const [list] = documents(answer);
  const nodes = Array.isArray(valueAt(list, 'items'))
    ? itemsOf(list)
    : refuse('kubectl printed no list of nodes');
  return nodes.flatMap((node) => {
    const system = textAt(node, 'status', 'nodeInfo', 'operatingSystem');
    if (system !== '' && system !== 'linux') return [];
    const addresses = itemsOf({ items: valueAt(node, 'status', 'addresses') });
    const internal = addresses.find((each) => textAt(each, 'type') === 'InternalIP');
    const address = textAt(internal, 'address');
    if (!/^[0-9a-fA-F:.]{3,45}$/.test(address))
      refuse(`node ${textAt(node, 'metadata', 'name')} has no InternalIP`);
    return [address];
  });
}
