/** Many nodes: one of them is real, the others are stand-ins (fleet.ts says what they show and what not). */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { needsOf } from '../../src/smoke/access.ts';
import type { NodeResult, OnNode, SmokeResult } from '../../src/smoke/result.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import type { SmokeOptions } from '../../src/smoke/target.ts';
import { GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { Api, type Kind, nodeObject, stages } from './fleet.ts';
import { hostWith } from './host.ts';
import { paths, ROOT } from './layout.ts';
import { type Between, type Fault, proxy } from './proxy.ts';
import { up } from './up.ts';

/** 1,000 nodes with the real one. */
const counts: Record<Kind, number> = {
  fixed: 899,
  affected: 40,
  silent: 12,
  crio: 12,
  arm: 12,
  windows: 8,
  cordoned: 8,
  notready: 8,
};
const small = { selector: 'batch=small', jobs: 10, timeoutMs: 20_000 };
/** Of the nodes with the label batch=small. */
const smallKinds = { fixed: 36, affected: 4 };

let cluster: Cluster;
let api: Api;
let between: Between;
let proxied: string;

beforeAll(async () => {
  cluster = await up({ mount: GOOD_MOUNT, fleet: true, report: console.log });
  await cluster.startKwok(stages());
  api = new Api(cluster.adminKubeconfig);
  between = await proxy(api.token);
  proxied = kubeconfig('proxied', { server: between.url }, {});
  const kinds = Object.entries(counts) as [Kind, number][];
  const batchOf = (kind: Kind, index: number): string =>
    kind in smallKinds && index < smallKinds[kind as keyof typeof smallKinds] ? 'small' : 'large';
  await api.addNodes(
    kinds.flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index) => nodeObject(kind, index, batchOf(kind, index))),
    ),
  );
});
afterAll(async () => {
  await between?.close();
  api?.end();
  rmSync('/var/lib/subpathfix', { recursive: true, force: true });
  await (cluster as Cluster | undefined)?.down();
});
afterEach(async () => {
  between.faults = [];
  await expect.poll(left, { timeout: 30_000, interval: 300 }).toEqual([]);
});

/** A file that leads to the API server in another way. */
function kubeconfig(name: string, at: object, user: object): string {
  const file = join(paths.users, `${name}.kubeconfig`);
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: at }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
  return file;
}

/** Every object of a run, wherever it is. */
async function left(): Promise<string[]> {
  const kinds = 'namespaces,pods,daemonsets,controllerrevisions,jobs,configmaps,secrets';
  const selector = '--selector=app.kubernetes.io/managed-by=subpathfix';
  const all = await cluster.kubectl(['get', kinds, '--all-namespaces', '--output=name', selector]);
  return all.split('\n').filter(Boolean);
}

interface More {
  file?: string;
  onNode?: OnNode;
  signal?: AbortSignal;
  steps?: string[];
}

async function verify(
  options: SmokeOptions,
  { file, onNode, signal, steps }: More = {},
): Promise<SmokeResult> {
  const host = hostWith({
    PATH: `${cluster.bin}:${process.env['PATH']}`,
    HOME: ROOT,
    KUBECONFIG: file ?? cluster.adminKubeconfig,
  });
  const all = { allNodes: true, ...options };
  const step = ({ text }: { text: string }): unknown => steps?.push(text);
  return (await runSmoke(host, all, advisory, signal ?? new AbortController().signal, step, onNode)).result;
}

const kindOf = ({ node }: NodeResult): string => node?.replace(/-\d+$/, '') ?? '';

/** How many nodes of each kind have which result. */
function table({ nodes }: SmokeResult): Record<string, number> {
  const rows: Record<string, number> = {};
  for (const each of nodes) {
    const key = `${kindOf(each)}: ${each.state}`;
    rows[key] = (rows[key] ?? 0) + 1;
  }
  return rows;
}

const smallTable = { 'fixed: fixed': smallKinds.fixed, 'affected: affected': smallKinds.affected };
/** Something happens when so many results have come. */
function at(count: number, action: () => void): OnNode {
  let seen = 0;
  return () => {
    seen += 1;
    if (seen === count) action();
  };
}

test('1,000 nodes: each has its result, whatever becomes of it meanwhile', async () => {
  const going = Array.from({ length: 6 }, (_, index) => `silent-${String(index).padStart(4, '0')}`);
  let changes: Promise<unknown> = Promise.resolve();
  let most = 0;
  const steps: string[] = [];
  const result = await verify(
    { jobs: 150, timeoutMs: 12_000 },
    {
      steps,
      onNode: at(300, () => {
        changes = Promise.all([
          api.all(
            'DELETE',
            going.map((name) => ({ path: `/api/v1/nodes/${name}` })),
          ),
          api.addNodes([0, 1, 2].map((index) => nodeObject('fixed', 5000 + index, 'late'))),
        ]);
      }),
    },
  );
  await changes;
  for (const text of steps) most = Math.max(most, Number(/(\d+) have their turn/.exec(text)?.[1] ?? 0));
  expect(most).toBeLessThanOrEqual(150);
  const unexpected = result.nodes.filter((each) => kindOf(each) === 'fixed' && each.state !== 'fixed');
  expect(unexpected.slice(0, 5)).toEqual([]);
  expect(table(result)).toEqual({
    'fixed: fixed': counts.fixed + 3,
    [`${cluster.node}: fixed`]: 1,
    'affected: affected': counts.affected,
    'silent: undetermined': counts.silent,
    'crio: undetermined': counts.crio,
    'arm: undetermined': counts.arm,
    'windows: skipped': counts.windows,
    'cordoned: undetermined': counts.cordoned,
    'notready: undetermined': counts.notready,
  });
  const because = (name: string): string => result.nodes.find(({ node }) => node === name)?.because ?? '';
  expect(because('silent-0000')).toContain('it has left the cluster');
  expect(because('silent-0011')).toContain('no result within 12 s; its kubelet has not picked up the pod');
  expect(because('crio-0000')).toContain('proves nothing with cri-o');
  expect(because('arm-0000')).toContain('is the image built for arm64');
  expect(because('windows-0000')).toContain('not Linux');
  expect(because('cordoned-0000')).toContain('it is cordoned');
  expect(because('notready-0000')).toContain('not Ready: container runtime is down');
  const hints = { kubelet: 'v1.32.4', runtime: 'containerd://1.7.27', os: 'NixOS 25.05 (Warbler)' };
  expect(result.nodes.find(({ node }) => node === 'fixed-0000')?.hints).toEqual({
    ...hints,
    kernel: '6.12.30',
    architecture: 'amd64',
  });
  expect(result).toMatchObject({ state: 'affected', removed: true });
  expect(result.because).toContain('and 39 more nodes affected');
  expect(result.left.join()).toMatch(/^nodes affected-\d+, .* and 35 more: .* sweep --apply$/);
});

const status = (code: number, reason: string, message: string): string =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });

const faults: [string, Fault[]][] = [
  [
    'the watch of pods is cut, and cut again',
    [{ path: /\/pods\?.*watch=/, times: 3, does: { cutAfter: 8 } }],
  ],
  ['the watch of events is cut', [{ path: /\/events\?.*watch=/, times: 2, does: { cutAfter: 2 } }]],
  [
    // the server's own answer to a version that it does not have any more
    'the version of the nodes is too old',
    [
      {
        path: /\/nodes\?.*resourceVersion=/,
        times: 1,
        does: { asks: (path) => path.replace(/resourceVersion=\d+/, 'resourceVersion=1') },
      },
    ],
  ],
  [
    'the history of the pods is gone in the middle',
    [
      {
        path: /\/pods\?.*watch=/,
        times: 1,
        does: {
          answers: [
            200,
            `${JSON.stringify({ type: 'ERROR', object: JSON.parse(status(410, 'Expired', 'too old resource version: 1 (2)')) })}\n`,
          ],
        },
      },
    ],
  ],
  [
    'a turn cannot be given at first',
    [
      {
        path: /\/daemonsets\//,
        times: 2,
        does: { answers: [503, status(503, 'ServiceUnavailable', 'apiserver not ready')] },
      },
    ],
  ],
];

describe('faults', () => {
  test.each(faults)('%s: every result is right', async (_, given) => {
    between.faults = given.map((fault) => ({ ...fault }));
    between.used = 0;
    const result = await verify(small, { file: proxied });
    expect(table(result)).toEqual(smallTable);
    expect(between.used).toBeGreaterThan(0);
    expect(result).toMatchObject({ state: 'affected', removed: true });
  });

  test('a turn that is refused for good: what has a result keeps it, and the rest has none', async () => {
    const forbidden = status(403, 'Forbidden', 'daemonsets.apps is forbidden');
    between.faults = [{ path: /\/daemonsets\//, times: 1, does: { answers: [403, forbidden] } }];
    const { state, nodes, removed } = await verify(small, { file: proxied });
    expect([state, removed]).toEqual(['affected', true]);
    expect(nodes).toHaveLength(40);
    const open = nodes.filter((each) => each.state === 'undetermined');
    expect(open.length).toBeGreaterThanOrEqual(30);
    expect(open.every(({ because }) => because.includes('the DaemonSet cannot be changed'))).toBe(true);
  });

  test('the API server is restarted in the middle', async () => {
    let restarted: Promise<void> = Promise.resolve();
    const restart = async (): Promise<void> => {
      await cluster.stopApiServer();
      await cluster.startApiServer();
    };
    const onNode = at(12, () => {
      restarted = restart();
    });
    const result = await verify({ ...small, timeoutMs: 40_000 }, { onNode });
    await restarted;
    expect(table(result)).toEqual(smallTable);
    expect(result.removed).toBe(true);
  });
});

test('each right that lacks is named, and nothing is created', async () => {
  const needs = needsOf(true, true);
  const user = (index: number): string => `lacks-${index}`;
  const rbac = (kind: string, name: string, more: object): object => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name },
    ...more,
  });
  const items = needs.flatMap((_, lacking) => {
    const rules = needs
      .filter((_each, index) => index !== lacking)
      .map(({ verb, resource }) => {
        const [name = '', group = ''] = resource.split('.');
        return { apiGroups: [group], resources: [name], verbs: [verb] };
      });
    const name = user(lacking);
    const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name };
    return [
      { path: 'clusterroles', body: rbac('ClusterRole', name, { rules }) },
      {
        path: 'clusterrolebindings',
        body: rbac('ClusterRoleBinding', name, { roleRef: role, subjects: [subject] }),
      },
    ];
  });
  const base = '/apis/rbac.authorization.k8s.io/v1';
  await api.all(
    'POST',
    items.map(({ path, body }) => ({ path: `${base}/${path}`, body })),
  );
  const server = `https://127.0.0.1:26443`;
  const rest = needs.map((need, index) => ({ need, index }));
  const one = async (): Promise<void> => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const { need, index } = next;
      const at = { server, 'insecure-skip-tls-verify': true };
      const file = kubeconfig(user(index), at, { token: api.token, as: user(index) });
      const result = await verify(small, { file });
      const words = `this user may not ${need.verb} ${need.resource}`;
      expect([words, result.because]).toEqual([words, words]);
      expect(result).toMatchObject({ state: 'undetermined', nodes: [], removed: true });
    }
  };
  await Promise.all([one(), one(), one()]);
});

test('an interrupted run is resumed: only what has no result that still holds is tested again', async () => {
  const interrupt = new AbortController();
  const broken = await verify(small, { signal: interrupt.signal, onNode: at(20, () => interrupt.abort()) });
  expect(broken.removed).toBe(true);
  const done = broken.nodes.filter(({ state }) => state !== 'undetermined').map(({ node }) => node ?? '');
  expect(done.length).toBeGreaterThanOrEqual(20);
  expect(done.length).toBeLessThan(40);
  expect(broken.nodes.filter(({ because }) => because.includes('interrupted'))).toHaveLength(
    40 - done.length,
  );

  const [rebooted = '', restarted = '', replaced = '', ...standing] = done.filter((name) =>
    name.startsWith('fixed'),
  );
  const bootID = { status: { nodeInfo: { bootID: 'another' } } };
  const patch = 'application/strategic-merge-patch+json';
  await api.send('PATCH', `/api/v1/nodes/${rebooted}/status`, bootID, patch);
  // as kubelet reports its start: recorded on the real node
  await api.send('POST', '/api/v1/namespaces/default/events', {
    metadata: { name: `${restarted}.start`, namespace: 'default' },
    involvedObject: { kind: 'Node', name: restarted, uid: restarted },
    reason: 'Starting',
    message: 'Starting kubelet.',
    source: { component: 'kubelet', host: restarted },
    firstTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
    lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
    type: 'Normal',
    count: 1,
  });
  await api.send('DELETE', `/api/v1/nodes/${replaced}`);
  await api.addNodes([nodeObject('fixed', Number(replaced.slice(-4)), 'small')]);

  const steps: string[] = [];
  const resumed = await verify({ ...small, resume: true }, { steps });
  expect(table(resumed)).toEqual(smallTable);
  const old = resumed.nodes.flatMap(({ node, testedAt }) => (testedAt === undefined ? [] : [node]));
  expect(old.sort()).toEqual(done.filter((name) => ![rebooted, restarted, replaced].includes(name)).sort());
  expect(standing.length).toBeGreaterThan(0);
  // With every result certain, there is nothing left to go on with.
  const again: string[] = [];
  const whole = await verify({ ...small, resume: true }, { steps: again });
  expect(whole.nodes.filter(({ testedAt }) => testedAt !== undefined)).toEqual([]);
  // For the tests after this, its kubelet has not been restarted.
  await api.send('DELETE', `/api/v1/namespaces/default/events/${restarted}.start`);
});

test('another machine goes on where an interrupted run was, by what is kept in the cluster', async () => {
  const kept = async (): Promise<string> =>
    await cluster.kubectl([
      ...['get', 'configmaps', '--all-namespaces', '--selector=app.kubernetes.io/name=subpathfix-results'],
      '--output=jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {end}',
    ]);
  const interrupt = new AbortController();
  const broken = await verify(small, { signal: interrupt.signal, onNode: at(20, () => interrupt.abort()) });
  const done = broken.nodes.filter(({ state }) => state !== 'undetermined').map(({ node }) => node);
  expect(done.length).toBeGreaterThanOrEqual(20);
  expect(await kept()).toBe('kube-system/subpathfix-results-0 ');
  rmSync('/var/lib/subpathfix', { recursive: true });
  const resumed = await verify({ ...small, resume: true }, { file: proxied });
  expect(table(resumed)).toEqual(smallTable);
  const old = resumed.nodes.filter(({ testedAt }) => testedAt !== undefined);
  expect(old.map(({ node }) => node).sort()).toEqual(done.sort());
  expect(await kept()).toBe('');
});

test('who may not keep results in the cluster is told so once, and has them on the machine', async () => {
  const forbidden = status(403, 'Forbidden', 'configmaps is forbidden');
  between.faults = [{ path: /\/kube-system\/configmaps/, times: 9, does: { answers: [403, forbidden] } }];
  const interrupt = new AbortController();
  const steps: string[] = [];
  const onNode = at(20, () => interrupt.abort());
  const broken = await verify(small, { file: proxied, signal: interrupt.signal, onNode, steps });
  expect(broken.removed).toBe(true);
  expect(steps.filter((text) => text.includes('cannot be kept'))).toEqual([
    expect.stringContaining('in namespace kube-system for --resume: Error from server (Forbidden)'),
  ]);
  const resumed = await verify({ ...small, resume: true }, { file: proxied });
  expect(table(resumed)).toEqual(smallTable);
  expect(resumed.nodes.filter(({ testedAt }) => testedAt !== undefined).length).toBeGreaterThanOrEqual(20);
});
