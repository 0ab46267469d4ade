/**
 * Times the smoke pod on the test cluster, fixed and affected, beside kubectl's own time for the same pod:
 * from the request for the pod until `kubectl wait` sees it ready. Uses no other cluster.
 */
import { execa } from 'execa';
import { advisory } from '../src/advisory/index.ts';
import { listOf, nameOf, namespaceObject, workloadObjects } from '../src/smoke/objects.ts';
import type { SmokeResult } from '../src/smoke/result.ts';
import { runSmoke } from '../src/smoke/run.ts';
import { targetOf } from '../src/smoke/target.ts';
import { AFFECTED_MOUNT, GOOD_MOUNT } from '../test/cluster/build.ts';
import { hostWith } from '../test/cluster/host.ts';
import { ROOT } from '../test/cluster/layout.ts';
import { up } from '../test/cluster/up.ts';

const rounds = 5;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
}

const worst = (values: number[]): number => Math.round(Math.max(...values));

const cluster = await up({ mount: GOOD_MOUNT, report: say });
const env = {
  PATH: `${cluster.bin}:${process.env['PATH']}`,
  HOME: ROOT,
  KUBECONFIG: cluster.adminKubeconfig,
};

interface Round {
  result: SmokeResult;
  removalMs: number;
}

async function smoke(): Promise<Round> {
  let removal = Number.NaN;
  const { signal } = new AbortController();
  const { result } = await runSmoke(hostWith(env), {}, advisory, signal, ({ code }) => {
    if (code === 'removing') removal = performance.now();
  });
  return { result, removalMs: performance.now() - removal };
}

/** The same objects, except for their owner; milliseconds until kubectl says that the pod is ready. */
async function kubectlAlone(run: string): Promise<number> {
  const target = targetOf({ node: cluster.node }, run, 'bench', Date.now());
  const name = nameOf(target);
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify(namespaceObject(target)));
  const objects = workloadObjects(target, '').map(
    ({ metadata: { ownerReferences, ...metadata }, ...object }) => ({
      ...object,
      metadata,
      apiVersion: object.apiVersion,
      kind: object.kind,
    }),
  );
  const kubectl = (args: string[], input = '') => execa('kubectl', args, { env, input });
  await kubectl(['wait', '-n', name, '--for=create', 'serviceaccount/default', '--timeout=10s']);
  await kubectl(['create', '-f', '-'], JSON.stringify(listOf(objects)));
  const started = performance.now();
  await kubectl(['wait', '-n', name, '--for=condition=Ready', `pod/${name}`, '--timeout=30s']);
  const time = performance.now() - started;
  await kubectl(['delete', 'namespace', name]);
  return time;
}

function report(title: string, all: Round[], state: SmokeResult['state']): void {
  const decided = all.map(({ result }) => result.decidedMs ?? Number.NaN);
  const removal = all.map(({ removalMs }) => removalMs);
  const wrong = all.filter(({ result }) => result.state !== state || !result.removed).length;
  say(
    `${title}: verdict ${median(decided)} ms after scheduling, worst ${worst(decided)} (goal 3000); removal ${median(removal)} ms, worst ${worst(removal)} (goal 10000); ${wrong} of ${all.length} wrong or not removed`,
  );
  if (wrong > 0) process.exitCode = 1;
}

try {
  const [good, kubectl]: [Round[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    good.push(await smoke());
    kubectl.push(await kubectlAlone(`${round}`.padStart(10, '0')));
  }
  report('fixed', good, 'fixed');
  say(`kubectl wait, the same pod: ${median(kubectl)} ms after the request, worst ${worst(kubectl)}`);
  await cluster.restartKubelet({ mount: AFFECTED_MOUNT });
  const affected: Round[] = [];
  for (let round = 0; round < rounds; round += 1) affected.push(await smoke());
  report('affected', affected, 'affected');
} finally {
  await cluster.down();
}
