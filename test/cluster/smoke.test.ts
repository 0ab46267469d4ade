import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { readLeftovers } from '../../src/facts/leftovers/leftovers.ts';
import { needsOf } from '../../src/smoke/access.ts';
import type { OnStep, SmokeResult } from '../../src/smoke/result.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import type { SmokeOptions } from '../../src/smoke/target.ts';
import { AFFECTED_MOUNT, GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { hostWith } from './host.ts';
import { BUSYBOX_IMAGE } from './image.ts';
import { ROOT } from './layout.ts';
import { nightlyTests } from './nightly.ts';
import { up } from './up.ts';

/** Its registry refuses at once; a name that must be looked up takes time. */
const MISSING_IMAGE = '127.0.0.1:1/none:1';
const POLL = { timeout: 20_000, interval: 500 };
const RUN = path.join(import.meta.dirname, 'smoke-run.ts');

let cluster: Cluster;
beforeAll(async () => {
  cluster = await up({ mount: GOOD_MOUNT, report: console.log });
});
afterAll(() => (cluster as Cluster | undefined)?.down());

/** What a person's shell would have; kubectl's cache goes with the cluster. */
function environment(kubeconfig = cluster.adminKubeconfig): Record<string, string> {
  return {
    PATH: `${cluster.bin}:${process.env['PATH']}`,
    HOME: ROOT,
    KUBECONFIG: kubeconfig,
  };
}

async function smoke(options: SmokeOptions, kubeconfig?: string, onStep?: OnStep): Promise<SmokeResult> {
  const host = hostWith(environment(kubeconfig));
  return (await runSmoke(host, options, advisory, new AbortController().signal, onStep)).result;
}

/** The same in a process group of its own. */
function separately(options: SmokeOptions) {
  return execa('node', ['--import', 'tsx', RUN, JSON.stringify(options)], {
    env: environment(),
    extendEnv: false,
    reject: false,
    detached: true,
    cwd: path.dirname(RUN),
  });
}

/** Every object that a run creates, wherever it is; a cluster that cannot be asked fails the test. */
async function objects(): Promise<string[]> {
  const kinds = 'namespaces,pods,daemonsets,jobs,configmaps,secrets';
  const all = await cluster.kubectl([
    ...[
      'get',
      kinds,
      '--all-namespaces',
      '--output=name',
      '--selector=app.kubernetes.io/managed-by=subpathfix',
    ],
  ]);
  return all.split('\n').filter(Boolean);
}

/** The directories of this machine that hold mounts of the defect. */
const leftovers = async () => (await readLeftovers(hostWith(environment()))).directories;

const states = ({ nodes }: SmokeResult): Record<string, string> =>
  Object.fromEntries((nodes[0]?.containers ?? []).map(({ name, state }) => [name, state]));

async function namespace(name: string, ...more: object[]): Promise<string> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, ...more];
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await expect
    .poll(() => cluster.kubectl(['-n', name, 'get', 'serviceaccount', 'default']), POLL)
    .toBeTruthy();
  return name;
}

const fixed = { state: 'fixed', removed: true, left: [] };

/** By what was seen, not by the time limit, however busy the machine is (ms). How fast: npm run bench:smoke. */
const SOON = 20_000;

describe('with a good mount', () => {
  test('the pod runs, the verdict is fixed, and nothing is left', async () => {
    const result = await smoke({});
    expect(result).toMatchObject(fixed);
    expect(Object.values(states(result))).toEqual(Array(6).fill('running'));
    expect(result.decidedMs).toBeLessThan(SOON);
    await expect.poll(objects, POLL).toEqual([]);
  });

  test('each container reads what it should, with an image that has a shell', async () => {
    expect(await smoke({ content: true, image: BUSYBOX_IMAGE })).toMatchObject(fixed);
  });

  test('an image that ends by itself decides nothing', async () => {
    const result = await smoke({ image: BUSYBOX_IMAGE, timeoutMs: 15_000 });
    expect(result).toMatchObject({ state: 'undetermined', removed: true });
    expect(result.because).toContain('it ended by itself');
  });

  test('a given namespace that enforces the restricted standard stays, and is empty afterwards', async () => {
    await namespace('given');
    expect(await smoke({ namespace: 'given' })).toMatchObject(fixed);
    await expect.poll(objects, POLL).toEqual([]);
    expect(await smoke({ namespace: 'given', allNodes: true })).toMatchObject(fixed);
    await expect.poll(objects, POLL).toEqual([]);
    expect(await cluster.kubectl(['get', 'namespace', 'given', '--output=name'])).toBe('namespace/given');
  });

  test('every node has a result of its own', async () => {
    const result = await smoke({ allNodes: true });
    expect(result).toMatchObject(fixed);
    expect(result.nodes.map(({ node, state }) => [node, state])).toEqual([[cluster.node, 'fixed']]);
  });

  test('no scheduler is asked: the pod is for the node of this machine', async () => {
    await cluster.stopScheduler();
    try {
      expect(await smoke({})).toMatchObject(fixed);
      expect(await smoke({ node: cluster.node })).toMatchObject(fixed);
    } finally {
      await cluster.startScheduler();
    }
  });
});

describe('it cannot be determined', () => {
  test('for a node that is not there', async () => {
    const result = await smoke({ node: 'nowhere' });
    expect(result).toMatchObject({ state: 'undetermined', because: 'the cluster has no node nowhere' });
  });

  test('for rights that lack, which are named before anything is created; with the rights asked for it works', async () => {
    const limited = cluster.kubeconfigFor('limited');
    const refused = await smoke({}, limited);
    expect(refused).toMatchObject({ state: 'undetermined', nodes: [], removed: true });
    expect(refused.because).toContain('create, get, list, watch, delete namespaces');
    expect(refused.because).toContain('watch events');

    const rules = needsOf(true, false, 'get').map(({ verb, resource }) => {
      const [name = '', group = ''] = resource.split('.');
      return { apiGroups: [group], resources: [name], verbs: [verb] };
    });
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'smoke' },
      rules,
    };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(role));
    await cluster.kubectl(['create', 'clusterrolebinding', 'smoke', '--clusterrole=smoke', '--user=limited']);
    await expect
      .poll(async () => (await smoke({}, limited)).state, { ...POLL, timeout: 60_000 })
      .toBe('fixed');
    await expect.poll(objects, POLL).toEqual([]);
  });

  test('for a quota of zero, with a pod as with a DaemonSet', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'full' },
      spec: { hard: { pods: '0' } },
    };
    await namespace('full', quota);
    for (const allNodes of [false, true]) {
      const result = await smoke({ namespace: 'full', allNodes });
      expect(result).toMatchObject({ state: 'undetermined', removed: true, left: [] });
      expect(result.because).toContain('exceeded quota');
    }
  });

  test('for an image that is not there', async () => {
    const result = await smoke({ image: MISSING_IMAGE });
    expect(result).toMatchObject({ state: 'undetermined', removed: true, left: [] });
    expect(result.because).toContain('its image could not be pulled');
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each(['creating', 'scheduled'])('while: %s', async (moment) => {
    const run = separately({});
    let ended = false;
    run.stderr.on('data', (chunk: Buffer) => {
      if (ended || !String(chunk).includes(`${moment}:`)) return;
      ended = true;
      // as a terminal does: the whole group gets it
      process.kill(-(run.pid ?? Number.NaN), signal);
    });
    const { stdout } = await run;
    expect(ended).toBe(true);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'undetermined', removed: true });
    await expect.poll(objects, POLL).toEqual([]);
  });
});

test('what a killed run leaves, the next one removes', async () => {
  const run = separately({});
  run.stderr.on('data', (chunk: Buffer) => {
    if (String(chunk).includes('scheduled:')) run.kill('SIGKILL');
  });
  await run;
  const left = (await objects()).filter((name) => name.startsWith('namespace/'));
  expect(left).toHaveLength(1);
  await smoke({});
  await expect.poll(objects, POLL).toEqual([]);
});

test('what a killed run leaves in a given namespace, the cluster removes at the deadline', async () => {
  await namespace('abandoned');
  // They live for 30 s more.
  const run = separately({ namespace: 'abandoned', timeoutMs: 10_000, image: MISSING_IMAGE });
  run.stderr.on('data', (chunk: Buffer) => {
    if (String(chunk).includes('scheduled:')) run.kill('SIGKILL');
  });
  await run;
  expect((await objects()).length).toBeGreaterThanOrEqual(4);
  await expect.poll(objects, { timeout: 80_000, interval: 1000 }).toEqual([]);
});

describe('with the affected mount', () => {
  test('that is told to use mount(2), the verdict is fixed', async () => {
    await cluster.restartKubelet({ mount: AFFECTED_MOUNT, env: { LIBMOUNT_FORCE_MOUNT2: 'always' } });
    expect(await smoke({ node: cluster.node })).toMatchObject(fixed);
  });

  test('the verdict is affected, the control runs, and nothing stays on the node', async () => {
    await cluster.restartKubelet({ mount: AFFECTED_MOUNT, env: {} });
    const result = await smoke({});
    expect(result).toMatchObject({ state: 'affected', removed: true });
    expect(states(result)).toEqual({
      control: 'running',
      'configmap-file': 'defect',
      'secret-file': 'defect',
      'emptydir-directory': 'other-failure',
      'projected-file': 'defect',
      'subpath-expr': 'defect',
    });
    expect(result.decidedMs).toBeLessThan(SOON);
    expect(result.left).toEqual([]);
    expect(await leftovers()).toEqual([]);
    await expect.poll(objects, POLL).toEqual([]);
    expect(await smoke({ allNodes: true })).toMatchObject({ state: 'affected', removed: true });
  });

  test('after a fix the verdict is fixed, whatever the affected pods have left', async () => {
    await cluster.restartKubelet({ mount: GOOD_MOUNT });
    expect(await smoke({})).toMatchObject(fixed);
  });
});

describe('examples/nightly', () => nightlyTests(() => cluster));

describe('when a part of the cluster ends', () => {
  test('kubelet: the pod is not picked up', async () => {
    await cluster.stopKubelet();
    try {
      const result = await smoke({ node: cluster.node, timeoutMs: 3000 });
      expect(result).toMatchObject({ state: 'undetermined', removed: true });
      expect(result.because).toContain('its kubelet has not picked up the pod');
      await expect.poll(objects, POLL).toEqual([]);
    } finally {
      await cluster.startKubelet();
    }
  });

  test('the API server, half-way: it is said, with what could not be removed', async () => {
    let stopped: Promise<void> | undefined;
    // The image is not there, so that there is no verdict before.
    const result = await smoke({ image: MISSING_IMAGE, timeoutMs: 6000 }, undefined, ({ code }) => {
      if (code === 'scheduled') stopped = cluster.stopApiServer();
    });
    await stopped;
    await cluster.startApiServer();
    expect(result).toMatchObject({ state: 'undetermined', removed: false });
    expect(result.because).toContain('the API server stopped answering');
    expect(result.left[0]).toMatch(/^namespace subpathfix-\w+: .*refused/);
  });
});
