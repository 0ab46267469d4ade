/** What is asked before anything is created: rights, nodes, leftovers of runs before. */

import { type Answer, ask, type Kubectl } from '../cluster/kubectl.ts';
import { itemsOf, metadataOf, type NodeView, nodeView } from '../cluster/views.ts';
import type { Host } from '../host/host.ts';
import { denied, needsOf, reviews } from './access.ts';
import {
  defaultImage,
  expiresAnnotation,
  managedBy,
  ownerAnnotation,
  runLabel,
  runPattern,
} from './objects.ts';
import { isGone } from './owner.ts';

export interface SurveyOptions {
  namespace?: string;
  node?: string;
  allNodes?: boolean;
}

export interface Survey {
  /** null where the nodes may not be read */
  nodes: NodeView[] | null;
  /** runs whose objects nobody needs any more */
  leftovers: string[];
}

/**
 * @param name of the run's objects
 * @returns why the run cannot be made, where it cannot
 */
export async function survey(
  host: Host,
  kubectl: Kubectl,
  options: SurveyOptions,
  name: string,
  limits: { timeoutMs: number; signal?: AbortSignal },
): Promise<Survey | string> {
  const { namespace, node } = options;
  const needs = needsOf(namespace === undefined, options.allNodes === true);
  const run = (args: string[], input?: object): Promise<Answer> =>
    ask(host, kubectl, { args, ...(input ? { input } : {}) }, limits);
  const selector = `${managedBy.key}=${managedBy.value}`;
  const [access, nodes, old] = await Promise.all([
    run(['create', '-f', '-', '-o', 'json', '--validate=false'], reviews(needs, namespace ?? name)),
    run(['get', '--raw', `/api/v1/nodes${node === undefined ? '' : `/${encodeURIComponent(node)}`}`]),
    namespace === undefined
      ? run(['get', 'namespaces', '-l', selector, '-o', 'json'])
      : run(['get', 'jobs,pods', '-n', namespace, '-l', selector, '-o', 'json']),
  ]);
  if (!access.ok) return `the API server did not say what may be done: ${access.words}`;
  const lacking = denied(needs, access.documents);
  if (lacking.length > 0) {
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    return `the user of this kubeconfig may not ${lacking.join('; ')}${where}`;
  }
  const views = nodes.ok ? nodes.documents.flatMap(itemsOf).flatMap((item) => nodeView(item) ?? []) : null;
  if (node !== undefined && !nodes.ok && /not ?found/i.test(nodes.words)) return `there is no node ${node}`;
  const items = old.documents.flatMap(itemsOf).map(metadataOf);
  const runs = await Promise.all(
    items.map(async ({ label, annotation }) => {
      const [run, owner] = [label(runLabel), annotation(ownerAnnotation)];
      // A name that this program does not give is not one of its runs, whatever its labels say.
      if (!runPattern.test(run) || owner === '') return [];
      const over = Date.parse(annotation(expiresAnnotation)) < Date.now();
      return over || (await isGone(host, owner)) ? [run] : [];
    }),
  );
  return { nodes: views, leftovers: [...new Set(runs.flat())] };
}

/**
 * A pause image that the nodes have already, else the default. A kubelet names its 50 largest images only, so
 * that one which is not named may be there nonetheless.
 */
export function chooseImage(nodes: NodeView[]): string {
  const counts = new Map<string, number>();
  for (const { images } of nodes) {
    for (const image of new Set(images.filter((one) => /\/(mirrored-)?pause:v?[\d.]+$/.test(one)))) {
      counts.set(image, (counts.get(image) ?? 0) + 1);
    }
  }
  const everywhere = [...counts].filter(([, count]) => count === nodes.length).map(([image]) => image);
  if (everywhere.includes(defaultImage)) return defaultImage;
  return everywhere.toSorted().at(-1) ?? defaultImage;
}
