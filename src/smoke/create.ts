/** Creates the objects of a run. */
import { type Answer, ask, type Call, documents } from '../cluster/kubectl.ts';
import { isStarting } from '../cluster/starting.ts';
import { itemsOf, textAt } from '../cluster/views.ts';
import {
  type ApiObject,
  expiryObject,
  listOf,
  namespaceObject,
  type SmokeTarget,
  workloadObjects,
} from './objects.ts';
import type { SmokeRun } from './observation.ts';

const limits = { timeoutMs: 10_000 };
const againMs = 300;
/** An account takes a moment in any case, about which nothing needs to be said. */
const quietMs = 1500;

/** Validation would fetch the API's schema; these objects are this program's own. */
const createArguments = ['create', '-f', '-', '-o', 'json', '--validate=false'];

export const createCall = (objects: ApiObject[]): Call => ({
  args: createArguments,
  input: listOf(objects),
  mutates: true,
});

/** The namespace, if it is the run's own, and the Job that owns the rest. */
export const firstObjects = (target: SmokeTarget): ApiObject[] => [
  ...(target.own ? [namespaceObject(target)] : []),
  expiryObject(target),
];

const noAccount = /serviceaccount \S+ not found/;
const exists = /AlreadyExists|already exists/;

/**
 * Creates the objects; what only needs time, such as a namespace's service account, is waited for. The signal does
 * not end a command that creates: if it was cut off, it may or may not have created something.
 * @returns the UID of the Job that owns the rest
 */
export async function create(run: SmokeRun): Promise<Created> {
  const { target, signal } = run;
  const first = await createAll(run, firstObjects(target));
  if (typeof first === 'string') return { refused: first };
  const expiry = first.find((object) => textAt(object, 'kind') === 'Job');
  if (!expiry) return { refused: 'kubectl did not say what it created' };
  if (signal.aborted) return { refused: 'interrupted' };
  const owner = textAt(expiry, 'metadata', 'uid');
  const rest = await createAll(run, workloadObjects(target, owner));
  return typeof rest === 'string' ? { refused: rest } : { owner };
}

/** refused: why the objects cannot be created */
type Created = { refused: string } | { owner: string };

/** @returns the objects as the API has them; else why it does not */
async function createAll(
  { host, kubectl, deadline, signal, onStep }: SmokeRun,
  objects: ApiObject[],
): Promise<unknown[] | string> {
  const begun = host.monotonic();
  const created: unknown[] = [];
  const missing = (): ApiObject[] =>
    objects.filter((object) => !created.some((each) => isSame(each, object)));
  let said: string | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(host, kubectl, createCall(missing()), limits);
    created.push(...documents(answer));
    if (answer.ok) return created;
    // The answer to an earlier attempt was lost; by their name they are this run's own.
    if (attempt > 1 && exists.test(answer.words)) {
      created.push(...documents(await ask(host, kubectl, lookUp(missing()), limits)).flatMap(itemsOf));
      if (missing().length === 0) return created;
    }
    const waitFor = isStarting(answer) ? 'the API server' : noAccount.test(answer.words) ? account : null;
    if (signal.aborted) return 'interrupted';
    if (waitFor === null || host.monotonic() + againMs >= deadline) return refusal(answer);
    if (said !== waitFor && host.monotonic() - begun > quietMs) {
      onStep({ code: 'waiting', text: `waiting for ${waitFor}` });
      said = waitFor;
    }
    await host.pause(againMs, signal);
    if (signal.aborted) return 'interrupted';
  }
}

const account = 'the controller manager to give the namespace a service account';

const lookUp = (objects: ApiObject[]): Call => ({
  args: ['get', '-f', '-', '-o', 'json'],
  input: listOf(objects),
});

const isSame = (there: unknown, { kind, metadata }: ApiObject): boolean =>
  textAt(there, 'kind') === kind && textAt(there, 'metadata', 'name') === metadata['name'];

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
