/** What is checked before anything is created: permissions, nodes, objects of earlier runs. */
import { type Answer, ask, documents, type Kubectl } from '../cluster/kubectl.ts';
import { itemsOf, type NodeView, nodeView, textAt } from '../cluster/views.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { denied, needsOf, reviews } from './access.ts';
import {
  defaultImage,
  expiresAnnotation,
  managedBy,
  ownerAnnotation,
  runLabel,
  runPattern,
  type SmokeTarget,
} from './objects.ts';
import { isGone } from './owner.ts';

export interface Survey {
  /** null if the nodes may not be read */
  nodes: NodeView[] | null;
  /** runs whose objects nobody needs any more */
  oldRuns: string[];
}

/** @returns unknown if the run is not possible */
export async function survey(
  host: Host,
  kubectl: Kubectl,
  { namespace, own, where }: SmokeTarget,
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<Fact<Survey>> {
  const needs = needsOf(own, where === 'all');
  const node = typeof where === 'object' ? where.node : null;
  const run = (args: string[], input?: object): Promise<Answer> =>
    ask(host, kubectl, { args, input }, limits);
  const selected = ['-l', `${managedBy.key}=${managedBy.value}`, '-o', 'json'];
  const [access, nodes, old] = await Promise.all([
    run(['create', '-f', '-', '-o', 'json', '--validate=false'], reviews(needs, namespace)),
    run(['get', '--raw', `/api/v1/nodes${node === null ? '' : `/${encodeURIComponent(node)}`}`]),
    run(['get', ...(own ? ['namespaces'] : ['jobs,pods', '-n', namespace]), ...selected]),
  ]);
  if (!access.ok) return unknown('no-answer', `cannot determine what this user may do: ${access.words}`);
  const lacking = denied(needs, documents(access));
  if (lacking.length > 0) {
    const place = own ? '' : ` in namespace ${namespace}`;
    return unknown('no-access', `this user may not ${lacking.join('; ')}${place}`);
  }
  if (node !== null && !nodes.ok && /not ?found/i.test(nodes.words))
    return unknown('not-found', `the cluster has no node ${node}`);
  const views = documents(nodes)
    .flatMap(itemsOf)
    .flatMap((item) => nodeView(item) ?? []);
  const runs = await Promise.all(
    documents(old)
      .flatMap(itemsOf)
      .map((item) => oldRun(host, item)),
  );
  const oldRuns = [...new Set(runs.filter((each) => each !== null))];
  return known({ nodes: nodes.ok ? views : null, oldRuns }, 'the API server');
}

/** The run of an object that nobody needs any more; else null. */
async function oldRun(host: Host, object: unknown): Promise<string | null> {
  const run = textAt(object, 'metadata', 'labels', runLabel);
  const owner = textAt(object, 'metadata', 'annotations', ownerAnnotation);
  // An id that this program does not give is not its run, whatever the labels say.
  if (!runPattern.test(run) || owner === '') return null;
  const expires = Date.parse(textAt(object, 'metadata', 'annotations', expiresAnnotation));
  return expires < host.now() || (await isGone(host, owner)) ? run : null;
}

/**
 * A pause image that all nodes already have, else the default. A kubelet lists only its 50 largest images, so
 * another may be there too.
 */
export function chooseImage(nodes: NodeView[]): string {
  const isPause = (image: string): boolean => /\/(mirrored-)?pause:v?[\d.]+$/.test(image);
  const [first, ...others] = nodes;
  const everywhere = (first?.images ?? []).filter(
    (image) => isPause(image) && others.every(({ images }) => images.includes(image)),
  );
  if (everywhere.includes(defaultImage)) return defaultImage;
  return everywhere.toSorted().at(-1) ?? defaultImage;
}
