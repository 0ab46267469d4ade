/** What is checked before anything is created: permissions, nodes, objects of earlier runs. */
import { type Answer, ask, documents, type Kubectl } from '../cluster/kubectl.ts';
import { readNodes } from '../cluster/nodes.ts';
import { isStarting } from '../cluster/starting.ts';
import type { ThisNode } from '../cluster/this-node.ts';
import { itemsOf, type NodeView, textAt } from '../cluster/views.ts';
import { type Fact, known, type Unknown, unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { denied, needsOf, reviews } from './access.ts';
import { expiresAnnotation, managedBy, ownerAnnotation, runLabel, runPattern } from './objects.ts';
import { isGone } from './owner.ts';
import type { SmokeOptions } from './target.ts';
import { type NotYet, nodeOfMachine, readiness } from './which-node.ts';

export interface Survey {
  /** the node that the pod is for; null: all */
  node: string | null;
  /** null if the nodes may not be read */
  nodes: NodeView[] | null;
  /** of the list of all nodes */
  resourceVersion: string;
  /** runs whose objects nobody needs any more */
  oldRuns: string[];
}

export type Asked = Pick<SmokeOptions, 'namespace' | 'node' | 'selector'> & {
  /** a namespace to ask about, which need not exist */
  where: string;
  /** the node of this machine, if the pod is for that */
  self: ThisNode | null;
};

/** @returns unknown if the run is not possible; NotYet if it may soon be */
export async function survey(
  host: Host,
  kubectl: Kubectl,
  { namespace, node: named, selector = '', where, self }: Asked,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<Fact<Survey> | NotYet> {
  const own = namespace === undefined;
  const node = named ?? self?.name ?? null;
  // Where kubelet does not name it, any node can be this machine.
  const single = named !== undefined || self?.sure ? node : null;
  const needs = needsOf(own, node === null, self ? (self.sure ? 'get' : 'list') : null);
  const run = (args: string[], input?: object): Promise<Answer> =>
    ask(host, kubectl, { args, input }, limits);
  const selected = ['-l', `${managedBy.key}=${managedBy.value}`, '-o', 'json'];
  const [access, nodes, old] = await Promise.all([
    run(['create', '-f', '-', '-o', 'json', '--validate=false'], reviews(needs, where)),
    readNodes(host, kubectl, single === null ? { selector } : { name: single }, limits),
    run(['get', ...(own ? ['namespaces'] : ['jobs,pods', '-n', where]), ...selected]),
  ]);
  const starting = [access, nodes.answer, old].find(isStarting);
  if (starting)
    return { waitFor: 'the API server', because: `the API server does not answer: ${starting.words}` };
  if (!access.ok) return unknown('no-answer', `cannot determine what this user may do: ${access.words}`);
  const lacking = denied(needs, documents(access));
  if (lacking.length > 0) {
    const place = own ? '' : ` in namespace ${where}`;
    return await refused(`this user may not ${lacking.join('; ')}${place}`, run);
  }
  const { ok, words } = nodes.answer;
  const views = nodes.nodes;
  const missing = !ok && /not ?found/i.test(words);
  if (named !== undefined && missing) return unknown('not-found', `the cluster has no node ${named}`);
  const found = self ? nodeOfMachine(self, ok ? views : missing ? [] : null) : known(node, 'named');
  if ('waitFor' in found || !found.known) return found;
  const ready = readiness(found.value, views, self?.startedAt ?? null, host.now());
  if (ready) return ready;
  const runs = await Promise.all(
    documents(old)
      .flatMap(itemsOf)
      .map((item) => oldRun(host, item)),
  );
  const oldRuns = [...new Set(runs.filter((each) => each !== null))];
  // In part it would leave nodes out, of which nobody would hear.
  if (found.value === null && !ok) return unknown('no-answer', `the nodes cannot be listed: ${words}`);
  const { resourceVersion } = nodes;
  return known({ node: found.value, nodes: ok ? views : null, resourceVersion, oldRuns }, 'the API server');
}

/** With kubelet's own kubeconfig everything here is forbidden: that is said, because its rights are as they should be. */
async function refused(because: string, run: (args: string[]) => Promise<Answer>): Promise<Unknown> {
  const who = textAt(
    documents(await run(['auth', 'whoami', '-o', 'json']))[0],
    'status',
    'userInfo',
    'username',
  );
  if (!who.startsWith('system:node:')) return unknown('no-access', because);
  return unknown(
    'no-kubeconfig',
    `this kubeconfig is kubelet's own (${who}), not the administrator's: give another with --kubeconfig, or verify the node by name from where kubectl works`,
  );
}

/** The run of an object that nobody needs any more; else null. */
async function oldRun(host: Host, object: unknown): Promise<string | null> {
  const run = textAt(object, 'metadata', 'labels', runLabel);
  const owner = textAt(object, 'metadata', 'annotations', ownerAnnotation);
  // An id that this program does not give is not its run, whatever the labels say.
  if (!runPattern.test(run) || owner === '') return null;
  // What is being removed already is empty: nobody waits for the namespace itself.
  if (textAt(object, 'kind') === 'Namespace' && textAt(object, 'metadata', 'deletionTimestamp') !== '')
    return null;
  const expires = Date.parse(textAt(object, 'metadata', 'annotations', expiresAnnotation));
  return expires < host.now() || (await isGone(host, owner)) ? run : null;
}
