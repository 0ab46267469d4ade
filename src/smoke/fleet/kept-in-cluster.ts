/**
 * Keeps the results of a run that ended early in the cluster as well, so that another machine can go on: in ConfigMaps,
 * of which nothing is believed that their writer's clock says. docs/many-nodes.md says whom this trusts.
 */
import { type Answer, ask, type Call, documents, type Kubectl } from '../../cluster/kubectl.ts';
import { itemsOf, parsed, textAt, valueAt } from '../../cluster/views.ts';
import type { Host } from '../../host/host.ts';
import { apiObject, type SmokeTarget } from '../objects.ts';
import { type Kept, mostAgeMs, skewMs } from './kept-result.ts';

const label = { key: 'app.kubernetes.io/name', value: 'subpathfix-results' } as const;
const nameOf = (index: number): string => `${label.value}-${index}`;
/** An object may have 1 MiB (the API server's limit for the data of a ConfigMap). */
const mostBytes = 900_000;
/** Of some 6,000 nodes each. */
const mostObjects = 16;
const limits = { timeoutMs: 5000, maxBytes: mostObjects * 1_500_000 };

/** Where only those can write who could do anything to the cluster, if the user has not named a namespace. */
export const keptNamespace = ({ own, namespace }: Pick<SmokeTarget, 'own' | 'namespace'>): string =>
  own ? 'kube-system' : namespace;

const pathIn = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;

/** A ConfigMap is never changed: its creation, by the API server's clock, is then the time of what it says. */
const createCall = (namespace: string, index: number, results: string): Call => {
  const metadata = { name: nameOf(index), namespace, labels: { [label.key]: label.value } };
  return {
    args: ['create', '-f', '-', '--raw', pathIn(namespace)],
    input: apiObject('v1', 'ConfigMap', metadata, { immutable: true, data: { results } }),
    mutates: true,
  };
};

/** For --dry-run: what a run creates that ends early. */
export const keepingCall = (target: Pick<SmokeTarget, 'own' | 'namespace'>): Call =>
  createCall(keptNamespace(target), 0, 'only if the run ends early: its results');

/** A line for each node: its age instead of a time, because the clocks of two machines differ. */
const lineOf = ({ uid, bootId, kubelet, runtime, at, state }: Kept, now: number): string =>
  `${JSON.stringify([uid, bootId, kubelet, runtime, Math.max(0, now - at), state])}\n`;

/** @returns null for what this program would not have written */
function keptIn(line: string, createdAt: number, where: string): Kept | null {
  const fields = parsed(line);
  if (!Array.isArray(fields) || fields.length !== 6) return null;
  const [uid, bootId, kubelet, runtime, age, state] = fields as unknown[];
  const texts = [uid, bootId, kubelet, runtime].map((each) =>
    typeof each === 'string' && /^[\x21-\x7e]{1,200}$/.test(each) ? each : null,
  );
  const [first, second, third, fourth] = texts;
  if (!first || !second || !third || !fourth) return null;
  if (!Number.isSafeInteger(age) || (age as number) < 0) return null;
  if (state !== 'fixed' && state !== 'affected') return null;
  const because = `as an earlier run has written into ${where}`;
  const at = createdAt - (age as number);
  return { uid: first, bootId: second, kubelet: third, runtime: fourth, at, state, because };
}

/** One object whole, or nothing of it: what is wrong in one place is not to be believed in another. */
function resultsIn(object: unknown, namespace: string): Kept[] {
  const createdAt = Date.parse(textAt(object, 'metadata', 'creationTimestamp'));
  const text = valueAt(object, 'data', 'results');
  const isWhole = valueAt(object, 'immutable') === true && Number.isFinite(createdAt);
  if (!isWhole || typeof text !== 'string' || text.length > mostBytes) return [];
  const where = `ConfigMap ${textAt(object, 'metadata', 'name')} in namespace ${namespace}`;
  const all = text.split('\n').filter(Boolean);
  const kept = all.map((line) => keptIn(line, createdAt, where));
  return kept.every((each) => each !== null) ? kept : [];
}

export interface Shared {
  all: Kept[];
  /** of the ConfigMaps */
  names: string[];
  /** why they cannot be read, safe to show; null if they can, also if there is none */
  why: string | null;
}

/** @returns those that are not too old; of a time to come there is none but by a clock that is a little behind */
export async function readShared(host: Host, kubectl: Kubectl, namespace: string): Promise<Shared> {
  const selector = encodeURIComponent(`${label.key}=${label.value}`);
  const path = `${pathIn(namespace)}?labelSelector=${selector}&limit=${mostObjects}`;
  const answer: Answer = await ask(host, kubectl, { args: ['get', '--raw', path] }, limits);
  if (!answer.ok) return { all: [], names: [], why: answer.words };
  const names = Array.from({ length: mostObjects }, (_, index) => nameOf(index));
  const objects = documents(answer)
    .flatMap(itemsOf)
    .filter((each) => names.includes(textAt(each, 'metadata', 'name')));
  const now = host.now();
  const all = objects
    .flatMap((each) => resultsIn(each, namespace))
    .filter(({ at }) => at <= now + skewMs && now - at < mostAgeMs)
    .map((each) => ({ ...each, at: Math.min(each.at, now) }));
  return { all, names: objects.map((each) => textAt(each, 'metadata', 'name')), why: null };
}

/**
 * Puts these results in the place of those that are there; with none, only removes those.
 * @param names of the ConfigMaps that are there
 * @returns why that is not possible, safe to show; null if it is done
 */
export async function replaceShared(
  host: Host,
  kubectl: Kubectl,
  namespace: string,
  names: readonly string[],
  all: readonly Kept[],
): Promise<string | null> {
  const texts = split(all.map((each) => lineOf(each, host.now())));
  const calls = [
    ...names.map((name): Call => {
      return { args: ['delete', '--raw', `${pathIn(namespace)}/${name}`], mutates: true };
    }),
    ...texts.slice(0, mostObjects).map((text, index) => createCall(namespace, index, text)),
  ];
  for (const call of calls) {
    const answer = await ask(host, kubectl, call, limits);
    // Another run has removed it meanwhile.
    if (!answer.ok && !(call.args[0] === 'delete' && /not ?found/i.test(answer.words))) return answer.words;
  }
  return null;
}

/** Texts of whole lines, each as long as an object can have. */
function split(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    const last = texts.at(-1);
    if (last === undefined || last.length + line.length > mostBytes) texts.push(line);
    else texts[texts.length - 1] = last + line;
  }
  return texts;
}
