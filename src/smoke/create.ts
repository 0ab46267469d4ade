/** Creates the objects of a run. */

import { type Answer, ask, type Call, type Kubectl } from '../cluster/kubectl.ts';
import { metadataOf } from '../cluster/views.ts';
import { pause } from '../cluster/watch.ts';
import type { Host } from '../host/host.ts';
import {
  type ApiObject,
  expiryObject,
  listOf,
  namespaceObject,
  type SmokeTarget,
  workloadObjects,
} from './objects.ts';

const limits = { timeoutMs: 10_000 };
/** How long the namespace's service account may take to come. */
const accountMs = 5000;

/** Validation would fetch the API's schema; these objects are this program's own. */
export const createCall = (objects: ApiObject[]): Call => ({
  args: ['create', '-f', '-', '-o', 'json', '--validate=false'],
  input: listOf(objects),
  mutates: true,
});

/** The namespace, where it is the run's own, and the Job that owns the rest. */
export const firstObjects = (target: SmokeTarget, own: boolean): ApiObject[] => [
  ...(own ? [namespaceObject(target.identity)] : []),
  expiryObject(target),
];

/**
 * A command that creates is not ended by the signal: one that is cut off may have created something or not.
 * @returns why the objects cannot be created; null where they are there
 */
export async function create(
  host: Host,
  kubectl: Kubectl,
  target: SmokeTarget,
  own: boolean,
  signal: AbortSignal,
): Promise<string | null> {
  const run = (objects: ApiObject[]): Promise<Answer> => ask(host, kubectl, createCall(objects), limits);
  const first = await run(firstObjects(target, own));
  if (!first.ok) return refusal(first.words);
  const expiry = first.documents.map(metadataOf).find(({ kind }) => kind === 'Job');
  if (!expiry) return 'kubectl did not say what it has created';
  if (signal.aborted) return 'interrupted';
  const objects = workloadObjects(target, expiry.uid);
  const since = Date.now();
  let answer = await run(objects);
  // A pod is refused while its namespace has no service account, even one that needs none.
  while (!answer.ok && /serviceaccount \S+ not found/.test(answer.words) && Date.now() - since < accountMs) {
    await pause(200, signal);
    if (signal.aborted) return 'interrupted';
    answer = await run(objects.slice(-1));
  }
  return answer.ok ? null : refusal(answer.words);
}

const refusals: [RegExp, string][] = [
  [/exceeded quota|must specify (limits|requests)/, 'a quota refuses the smoke pod'],
  [/violates PodSecurity/, 'pod security admission refuses the smoke pod'],
  [/serviceaccount \S+ not found/, 'no controller manager has given the namespace its service account'],
  [/namespaces \S+ not found/, 'there is no such namespace'],
  [
    /admission webhook|denied the request|ValidatingAdmissionPolicy/,
    'an admission policy refuses the smoke pod',
  ],
  [/forbidden/i, 'the smoke pod is forbidden'],
  [/refused|no route to host|i\/o timeout|did not end within/, 'the API server does not answer'],
];

const refusal = (words: string): string =>
  `${refusals.find(([pattern]) => pattern.test(words))?.[1] ?? 'the smoke pod cannot be created'}: ${words}`;
