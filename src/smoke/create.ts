/** Creates the objects of a run. */
import { type Answer, ask, type Call, documents, type Kubectl } from '../cluster/kubectl.ts';
import { textAt } from '../cluster/views.ts';
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
/** How long the namespace's service account may take to appear. */
const accountMs = 5000;

/** Validation would fetch the API's schema; these objects are this program's own. */
export const createCall = (objects: ApiObject[]): Call => ({
  args: ['create', '-f', '-', '-o', 'json', '--validate=false'],
  input: listOf(objects),
  mutates: true,
});

/** The namespace, if it is the run's own, and the Job that owns the rest. */
export const firstObjects = (target: SmokeTarget): ApiObject[] => [
  ...(target.own ? [namespaceObject(target)] : []),
  expiryObject(target),
];

const noAccount = /serviceaccount \S+ not found/;

/**
 * The signal does not end a command that creates: if it was cut off, it may or may not have created something.
 * @returns why the objects cannot be created; null if they exist
 */
export async function create(
  host: Host,
  kubectl: Kubectl,
  target: SmokeTarget,
  signal: AbortSignal,
): Promise<string | null> {
  const run = (objects: ApiObject[]): Promise<Answer> => ask(host, kubectl, createCall(objects), limits);
  const first = await run(firstObjects(target));
  if (!first.ok) return refusal(first);
  const expiry = documents(first).find((object) => textAt(object, 'kind') === 'Job');
  if (!expiry) return 'kubectl did not say what it created';
  if (signal.aborted) return 'interrupted';
  const objects = workloadObjects(target, textAt(expiry, 'metadata', 'uid'));
  const until = host.monotonic() + accountMs;
  let answer = await run(objects);
  // A pod is refused while its namespace has no service account, even one that needs none.
  while (!answer.ok && noAccount.test(answer.words) && host.monotonic() < until) {
    await host.pause(200, signal);
    if (signal.aborted) return 'interrupted';
    answer = await run(objects.slice(-1));
  }
  return answer.ok ? null : refusal(answer);
}

/** By the error messages of kubectl and the API server. */
const refusals: [RegExp, string][] = [
  [/exceeded quota|must specify (limits|requests)/, 'a quota refuses the smoke pod'],
  [/violates PodSecurity/, 'pod security admission refuses the smoke pod'],
  [noAccount, 'the controller manager has not given the namespace a service account'],
  [/namespaces \S+ not found/, 'the namespace does not exist'],
  [
    /admission webhook|denied the request|ValidatingAdmissionPolicy/,
    'an admission policy refuses the smoke pod',
  ],
  [/forbidden/i, 'the smoke pod is forbidden'],
  [/refused|no route to host|i\/o timeout/, 'the API server does not answer'],
];

function refusal({ stopped, words }: Answer): string {
  if (stopped === 'time') return `the API server does not answer: ${words}`;
  const why = refusals.find(([pattern]) => pattern.test(words))?.[1] ?? 'the smoke pod cannot be created';
  return `${why}: ${words}`;
}
