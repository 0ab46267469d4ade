/** Results in the cluster: what another machine takes over of them, and of what others have put there. */
import { expect, test } from 'vitest';
import { type NodeView, nodeView } from '../../src/cluster/views.ts';
import type { Command } from '../../src/host/command.ts';
import { keeper, standingResults } from '../../src/smoke/fleet/kept.ts';
import { beginTurns, newRollout, settle } from '../../src/smoke/fleet/rollout.ts';
import { fakeHost, type Performance } from '../helpers/fake-host.ts';

const kubectl = { file: '/bin/kubectl', args: [], env: {} };
const minutes = 60_000;
const target = { own: true, namespace: 'subpathfix-0123456789' };

interface Item {
  metadata: { name: string; labels?: object; creationTimestamp?: string };
  immutable?: unknown;
  data?: unknown;
}

/** The ConfigMaps of a namespace as an API server has them, whose clock this is. */
function cluster(namespace: string, now = () => 1_000_000) {
  const items = new Map<string, Item>();
  const self = { items, refuses: '', run };
  function run({ args, input }: Command): Performance {
    const url = new URL(args.at(-1) ?? '', 'http://x');
    if (url.pathname.endsWith('/events')) return { writes: ['{"items":[]}\n'] };
    const [, name = ''] =
      new RegExp(`^/api/v1/namespaces/${namespace}/configmaps/?(.*)$`).exec(url.pathname) ?? [];
    const [verb = ''] = args;
    if (self.refuses.split(' ').includes(verb) || !url.pathname.includes(`/${namespace}/`))
      return { exitCode: 1, writes: [{ error: `Error from server (Forbidden): configmaps is forbidden` }] };
    if (verb === 'get') return { writes: [`${JSON.stringify({ items: [...items.values()] })}\n`] };
    if (verb === 'delete') return items.delete(name) ? {} : { exitCode: 1, writes: [{ error: 'NotFound' }] };
    const item = JSON.parse(input ?? '') as Item;
    if (items.has(item.metadata.name)) return { exitCode: 1, writes: [{ error: 'AlreadyExists' }] };
    item.metadata.creationTimestamp = new Date(now()).toISOString().replace(/\.\d+/, '');
    items.set(item.metadata.name, item);
    return {};
  }
  return self;
}

const nodeOf = (uid: string): NodeView =>
  nodeView({
    metadata: { name: `node-${uid}`, uid },
    status: {
      nodeInfo: {
        bootID: 'boot',
        kubeletVersion: 'v1.32.4',
        containerRuntimeVersion: 'containerd://1.7.27',
        operatingSystem: 'linux',
      },
    },
  }) as NodeView;

type State = 'fixed' | 'affected' | 'undetermined' | 'no turn';

/** A run on these nodes, by a machine of its own. Returns what it says of its trouble. */
async function run(
  states: Record<string, State>,
  { run: perform }: { run(command: Command): Performance },
  { isWhole = false, where = target, late = 0 } = {},
): Promise<string[]> {
  const said: string[] = [];
  const host = fakeHost({ env: { HOME: '/home/me' }, directories: ['/home/me'], run: perform });
  const asked = { ...host, now: () => host.now() + late };
  const results = await keeper({ host: asked, kubectl, target: where }, (why) => said.push(why));
  const rollout = newRollout(Object.keys(states).map(nodeOf), (member) => results.add(member));
  for (const [uid, state] of Object.entries(states)) {
    if (state !== 'no turn') beginTurns(rollout, [`node-${uid}`], 0);
    settle(rollout, `node-${uid}`, { state: state === 'no turn' ? 'undetermined' : state, because: 'shown' });
  }
  await results.end(isWhole);
  return said;
}

/** What another machine takes over. */
async function takenOver(
  uids: string[],
  { run: perform }: { run(command: Command): Performance },
  { where = target, late = 0 } = {},
): Promise<Record<string, string>> {
  const host = fakeHost({ env: { HOME: '/home/other' }, directories: ['/home/other'], run: perform });
  const asked = { ...host, now: () => host.now() + late };
  const { results } = await standingResults({ host: asked, kubectl, target: where }, uids.map(nodeOf));
  return Object.fromEntries([...results].map(([uid, { state }]) => [uid, state]));
}

test('another machine goes on, and the run that completes clears it away', async () => {
  const there = cluster('kube-system');
  expect(await run({ a: 'fixed', b: 'affected', c: 'undetermined', d: 'no turn' }, there)).toEqual([]);
  expect(await takenOver(['a', 'b', 'c', 'd'], there)).toEqual({ a: 'fixed', b: 'affected' });
  // A run that says nothing about a node leaves what is there; one that tested it does not.
  await run({ a: 'no turn', b: 'undetermined', c: 'fixed' }, there);
  expect(await takenOver(['a', 'b', 'c'], there)).toEqual({ a: 'fixed', c: 'fixed' });
  await run({ a: 'undetermined', c: 'undetermined' }, there);
  expect([...there.items]).toEqual([]);
  await run({ a: 'fixed' }, there);
  expect(there.items.size).toBe(1);
  expect(await run({ a: 'fixed' }, there, { isWhole: true })).toEqual([]);
  expect([...there.items]).toEqual([]);
});

test('they are in the namespace that the user named', async () => {
  const there = cluster('ours');
  const where = { own: false, namespace: 'ours' };
  expect(await run({ a: 'fixed' }, there, { where })).toEqual([]);
  expect(await takenOver(['a'], there, { where })).toEqual({ a: 'fixed' });
  expect(await takenOver(['a'], there)).toEqual({});
});

test('many results are in several objects, each below 900 kB', async () => {
  const there = cluster('kube-system');
  const uids = Array.from({ length: 20_000 }, (_, index) => `${index}`.padStart(36, 'u'));
  await run(Object.fromEntries(uids.map((uid) => [uid, 'fixed'])), there);
  const sizes = [...there.items.values()].map((each) => JSON.stringify(each).length);
  expect([...there.items.keys()].slice(0, 2)).toEqual(['subpathfix-results-0', 'subpathfix-results-1']);
  expect(Math.max(...sizes)).toBeLessThan(1_048_576);
  expect(Object.keys(await takenOver(uids, there))).toHaveLength(uids.length);
});

test.each([
  ['get', 'cannot be kept in namespace kube-system for --resume: Error from server (Forbidden)'],
  ['create', 'cannot be kept in namespace kube-system for --resume: Error from server (Forbidden)'],
])('without the right to %s it is said, once', async (verb, words) => {
  const there = cluster('kube-system');
  there.refuses = verb;
  expect(await run({ a: 'fixed', b: 'fixed' }, there)).toEqual([expect.stringContaining(words)]);
  // Nothing is there, and nothing has to be said about it.
  expect(await run({ a: 'fixed' }, there, { isWhole: true })).toEqual([]);
});

test('the clock of the machine that wrote it does not count', async () => {
  const there = cluster('kube-system');
  await run({ a: 'fixed' }, there, { late: 50 * minutes });
  expect(await takenOver(['a'], there)).toEqual({ a: 'fixed' });
  expect(await takenOver(['a'], there, { late: 61 * minutes })).toEqual({});
  expect(await takenOver(['a'], there, { late: -5 * minutes })).toEqual({});
});

const line = ['a', 'boot', 'v1.32.4', 'containerd://1.7.27', 1000, 'fixed'];
const good: Item = {
  metadata: { name: 'subpathfix-results-0', creationTimestamp: new Date(1_000_000).toISOString() },
  immutable: true,
  data: { results: JSON.stringify(line) },
};
const having = (results: unknown): Item => ({ ...good, data: { results } });
const text = (...fields: unknown[]): string => JSON.stringify(fields);

test.each<[string, Item, boolean]>([
  ['as it is written', good, true],
  ['of another name', { ...good, metadata: { ...good.metadata, name: 'subpathfix-results-x' } }, false],
  [
    'of a name with a number that is not given',
    { ...good, metadata: { ...good.metadata, name: 'subpathfix-results-16' } },
    false,
  ],
  ['that could have been changed since', { ...good, immutable: false }, false],
  ['of which the server does not say when', { ...good, metadata: { name: 'subpathfix-results-0' } }, false],
  ['with another kind of data', having([line]), false],
  ['that is too long', having(`${JSON.stringify(line)}\n${' '.repeat(900_000)}`), false],
  ['with one line that is not understood', having(`${JSON.stringify(line)}\nfixed`), false],
  ['with a field too many', having(text(...line, 'more')), false],
  ['with a state that does not exist', having(text(...line.slice(0, 5), 'skipped')), false],
  ['with an empty field', having(text('a', '', ...line.slice(2))), false],
  ['with a control character', having(text('a', 'boot\u001b', ...line.slice(2))), false],
  ['of a time to come', having(text(...line.slice(0, 4), -1000, 'fixed')), false],
  ['with an age that is no number', having(text(...line.slice(0, 4), '1000', 'fixed')), false],
  ['that is too old', having(text(...line.slice(0, 4), 61 * minutes, 'fixed')), false],
  ['of another boot', having(text('a', 'another', ...line.slice(2))), false],
])('an object %s', async (_, item, holds) => {
  const there = cluster('kube-system');
  there.items.set(item.metadata.name, item);
  expect(await takenOver(['a'], there)).toEqual(holds ? { a: 'fixed' } : {});
});

test.each<[string, number, string]>([
  ['on this machine is older', 30 * minutes, 'affected'],
  ['in the cluster is older', -30 * minutes, 'fixed'],
])('the result that %s does not count', async (_, later, state) => {
  const there = cluster('kube-system', () => 10_000_000 + later);
  there.refuses = 'create';
  const host = fakeHost({ isRoot: true, directories: ['/var/lib'], run: there.run });
  const here = (now: number) => ({ host: { ...host, now: () => now }, kubectl, target });
  const results = await keeper(here(10_000_000), () => {});
  settle(
    newRollout([nodeOf('a')], (member) => results.add(member)),
    'node-a',
    { state: 'fixed', because: 'shown' },
  );
  await results.end(false);
  there.refuses = '';
  await run({ a: 'affected' }, there);
  const found = await standingResults(here(10_000_000 + 40 * minutes), [nodeOf('a')]);
  expect([...found.results.values()].map((each) => each.state)).toEqual([state]);
});
