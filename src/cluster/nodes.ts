/** The nodes of the cluster, page by page: with its images, a node is 10 kB and more. */
import type { Host } from '../host/host.ts';
import { type Answer, ask, documents, type Kubectl } from './kubectl.ts';
import { itemsOf, type NodeView, nodeView, textAt } from './views.ts';

export interface NodeList {
  /** the last one; ok if the list is whole */
  answer: Answer;
  nodes: NodeView[];
  /** from which a watch can go on */
  resourceVersion: string;
}

const nodesPath = '/api/v1/nodes';
const pageSize = 500;
/** A token is good for as long as etcd keeps the version, about 5 minutes. */
const expired = /\bExpired\b|continue parameter is too old/;
const mostBegun = 3;

/** The path of all nodes that have these labels. @param selector as kubectl takes it; empty: all */
export const nodesWith = (selector: string): string =>
  `${nodesPath}${selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`}`;

/** @param of the name of one, or the labels of those to list */
export async function readNodes(
  host: Host,
  kubectl: Kubectl,
  of: { name: string } | { selector: string },
  limits: { timeoutMs: number; signal: AbortSignal },
): Promise<NodeList> {
  const get = (path: string): Promise<Answer> => ask(host, kubectl, { args: ['get', '--raw', path] }, limits);
  if ('name' in of) {
    const answer = await get(`${nodesPath}/${encodeURIComponent(of.name)}`);
    return { answer, ...viewsIn(answer) };
  }
  const base = nodesWith(of.selector);
  const first = `${base}${base.includes('?') ? '&' : '?'}limit=${pageSize}`;
  let nodes: NodeView[] = [];
  let resourceVersion = '';
  for (let next = '', begun = 1; ; ) {
    const answer = await get(next === '' ? first : `${first}&continue=${encodeURIComponent(next)}`);
    if (!answer.ok && next !== '' && expired.test(answer.words) && begun < mostBegun) {
      [nodes, next] = [[], ''];
      begun += 1;
      continue;
    }
    const page = viewsIn(answer);
    nodes.push(...page.nodes);
    resourceVersion ||= page.resourceVersion;
    next = page.next;
    if (!answer.ok || next === '') return { answer: { ...answer, lines: [] }, nodes, resourceVersion };
  }
}

function viewsIn(answer: Answer): Pick<NodeList, 'nodes' | 'resourceVersion'> & { next: string } {
  const [list] = answer.ok ? documents(answer) : [];
  return {
    nodes: itemsOf(list).flatMap((item) => nodeView(item) ?? []),
    resourceVersion: textAt(list, 'metadata', 'resourceVersion'),
    next: textAt(list, 'metadata', 'continue'),
  };
}
