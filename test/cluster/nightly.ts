import { rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { needsOf } from '../../src/smoke/access.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import { readPromql } from '../helpers/promql.ts';
import { anyResource } from './any-resource.ts';
import { serveApiToPods } from './api-service.ts';
import { AFFECTED_MOUNT, GOOD_MOUNT } from './build.ts';
import type { Cluster } from './cluster.ts';
import { hostWith } from './host.ts';
import { paths } from './layout.ts';
import { nightlyImage } from './nightly-image.ts';
import { program } from './prerequisites.ts';
import { bound, impersonating, type Right, type Rule, rightsIn } from './rights.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/nightly');
const NAMESPACE = 'subpathfix';
const POLL = { timeout: 20_000, interval: 300 };

/** The tests of examples/nightly, on a cluster that is up and whose kubelet has a good mount; it has one afterwards. */
export function nightlyTests(cluster: () => Cluster): void {
  const kubectl = (...args: string[]) => cluster().kubectl(['--namespace', NAMESPACE, ...args]);
  const json = async (...args: string[]) => JSON.parse(await kubectl('get', ...args, '--output=json'));
  const rulesOf = async (kind: string): Promise<Rule[]> => (await json(kind, 'subpathfix-nightly')).rules;
  const create = (...items: object[]) =>
    cluster().kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  let api: Server | undefined;

  beforeAll(async () => {
    await create(anyResource('PodMonitor', 'podmonitors'), anyResource('PrometheusRule', 'prometheusrules'));
    const { archive, dir } = await nightlyImage();
    await execa(program('ctr'), [
      '--address',
      paths.socket,
      '--namespace',
      'k8s.io',
      'images',
      'import',
      archive,
    ]);
    await rm(dir, { recursive: true });
    api = await serveApiToPods();
  });
  afterAll(() => api?.close());

  /** Runs a night's job to its end. Returns its exit code, what it wrote to its log, and the metrics of the ConfigMap. */
  async function night(name: string) {
    await kubectl('create', 'job', name, '--from=cronjob/subpathfix-nightly');
    let terminated: { exitCode: number } | undefined;
    await expect
      .poll(
        async () => {
          const { items } = await json('pods', `--selector=job-name=${name}`);
          terminated = items[0]?.status.containerStatuses?.[0]?.state.terminated;
          return terminated ?? items[0]?.status;
        },
        { ...POLL, timeout: 60_000 },
      )
      .toHaveProperty('exitCode');
    const log = await kubectl('logs', `job/${name}`);
    const { data } = await json('configmap', 'subpathfix-metrics');
    return { exitCode: terminated?.exitCode, log, metrics: String(data?.['subpathfix.prom']) };
  }

  test('server-side apply takes it as a whole, and a second time changes nothing', async () => {
    const apply = () => cluster().kubectl(['apply', '--server-side', '--kustomize', EXAMPLE]);
    // The new kinds take a moment.
    await expect.poll(() => apply().catch(String), POLL).toContain('prometheusrule');
    const versions = () =>
      kubectl(
        'get',
        'serviceaccounts,roles,cronjobs,prometheusrules',
        '--output=jsonpath={.items[*].metadata.resourceVersion}',
      );
    const before = await versions();
    await apply();
    expect(await versions()).toBe(before);
  });

  test('every pod of the example is admitted by the restricted standard', async () => {
    const { items } = await json('replicasets,cronjobs');
    expect(items).toHaveLength(2);
    await expect.poll(async () => (await json('replicasets')).items[0].status.replicas, POLL).toBe(1);
  });

  test('a night with a good mount: exit code 0, and metrics that say so', async () => {
    const since = Math.floor(Date.now() / 1000);
    const { exitCode, log, metrics } = await night('good');
    expect(exitCode, log).toBe(0);
    expect(metrics).toContain('subpathfix_exit_code{command="verify",node="all-nodes"} 0');
    expect(metrics).not.toMatch(/outcome="bad"} 1$/m);
    expect(
      Number(/^subpathfix_report_timestamp_seconds\S+ (\d+)$/m.exec(metrics)?.[1]),
    ).toBeGreaterThanOrEqual(since);
    expect(await json('daemonsets')).toMatchObject({ items: [] });
  });

  test('a night with the affected mount: exit code 4, and metrics that say so', async () => {
    await cluster().restartKubelet({ mount: AFFECTED_MOUNT, env: {} });
    try {
      const { exitCode, log, metrics } = await night('affected');
      expect(exitCode, log).toBe(4);
      expect(metrics).toContain('subpathfix_exit_code{command="verify",node="all-nodes"} 4');
      expect(metrics).toMatch(/outcome="bad"} 1$/m);
    } finally {
      await cluster().restartKubelet({ mount: GOOD_MOUNT });
    }
  });

  test('the expressions of the alerts are PromQL, and read what the metrics have', async () => {
    const { spec } = await json('prometheusrule', 'subpathfix');
    const rules: { alert: string; expr: string }[] = spec.groups[0].rules;
    const metrics = String((await json('configmap', 'subpathfix-metrics')).data?.['subpathfix.prom']);
    expect(rules).toHaveLength(3);
    for (const { alert, expr } of rules) {
      const { faults, selectors } = readPromql(expr);
      expect(faults, alert).toBe(0);
      expect(selectors.length, alert).toBeGreaterThan(0);
      for (const { name, labels } of selectors) {
        const line = metrics.split('\n').find((each) => each.startsWith(`${name}{`));
        for (const label of labels) expect(line, alert).toContain(`${label}="`);
      }
    }
  });

  test('it has the rights that verify asks for, and one more: to write its answer', async () => {
    const rules = [...(await rulesOf('role')), ...(await rulesOf('clusterrole'))];
    const rights = rules.flatMap(rightsIn).map(({ words }) => words);
    const asked = needsOf(false, true).map(({ verb, resource }) => `${verb} ${resource}`);
    expect(rights.toSorted()).toEqual([...asked, 'update configmaps/subpathfix-metrics'].toSorted());
  });

  test('without any one of them it says which, before it creates anything', async () => {
    const [role, nodes] = [await rulesOf('role'), await rulesOf('clusterrole')];
    const rows = [...role, ...nodes].flatMap(rightsIn);
    const without = (rules: Rule[], { words }: Right) =>
      rules.map((rule) => ({
        ...rule,
        verbs: rule.verbs.filter((verb) => rightsIn({ ...rule, verbs: [verb] })[0]?.words !== words),
      }));
    await create(
      ...rows.flatMap((row, index) => [
        ...bound(NAMESPACE, 'Role', `without-${index}`, without(role, row)),
        ...bound(NAMESPACE, 'ClusterRole', `without-${index}`, without(nodes, row)),
      ]),
    );
    /** Not a right of verify, but of the script. */
    const isAnswer = ({ verb, resource }: Right): boolean => verb === 'update' && resource === 'configmaps';
    const answers: [string, string][] = [];
    const ask = async (row: Right, index: number): Promise<[string, string]> => {
      const kubeconfig = impersonating(cluster(), `without-${index}`);
      const env = {
        PATH: `${cluster().bin}:${process.env['PATH']}`,
        HOME: paths.runtime,
        KUBECONFIG: kubeconfig,
      };
      if (isAnswer(row)) return [row.words, await writeAnswer(kubeconfig)];
      const { signal } = new AbortController();
      const smoke = () => runSmoke(hostWith(env), { namespace: NAMESPACE, allNodes: true }, advisory, signal);
      return [row.words, (await smoke()).result.because];
    };
    for (let begin = 0; begin < rows.length; begin += 3) {
      const some = rows.slice(begin, begin + 3);
      answers.push(...(await Promise.all(some.map((row, index) => ask(row, begin + index)))));
    }
    const expected = rows.map((row) => [
      row.words,
      isAnswer(row)
        ? expect.stringContaining(`cannot update resource "configmaps"`)
        : `this user may not ${row.verb} ${row.resource} in namespace ${NAMESPACE}`,
    ]);
    expect(answers).toEqual(expected);
    console.table(
      answers.map(([right, answer]) => ({ without: right, answer: String(answer).slice(0, 90) })),
    );
  });

  /** As nightly.sh does. Returns kubectl's error; of a success, an empty string. */
  async function writeAnswer(kubeconfig: string): Promise<string> {
    const metadata = { name: 'subpathfix-metrics', namespace: NAMESPACE };
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/subpathfix-metrics`;
    const { stderr } = await execa(
      join(cluster().bin, 'kubectl'),
      ['--kubeconfig', kubeconfig, 'replace', '--raw', path, '--filename=-'],
      { input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }), reject: false },
    );
    return stderr;
  }
}
