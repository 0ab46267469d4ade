/**
 * `verify --all-nodes` on 1,000 and on 5,000 nodes, beside `kubectl get pods --watch` that sees the same pods. Of the
 * nodes, all but one are kept by kwok, on the API server of the test cluster. Prints the ratio of the times until the
 * last result and until kubectl has seen the last pod with each of its containers running, which is what decides; the
 * memory; and the requests: with as many turns, there are as many.
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { GOOD_MOUNT } from '../test/cluster/build.ts';
import { Api, nodeObject, stages } from '../test/cluster/fleet.ts';
import { paths, ROOT } from '../test/cluster/layout.ts';
import { proxy } from '../test/cluster/proxy.ts';
import { up } from '../test/cluster/up.ts';

const goals = { ratio: 1.3, megabytes: 200 };
const turns = 10;
/** Others can be given as arguments: multiples of the turns, in ascending order. */
const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [1000, 5000];
/** kubelet reports up to 50. */
const imagesOfNode = 50;
/** A line for each change of a pod. Not kubectl's table: that shows a pod that is being removed as Terminating alone. */
const columns = [
  '.spec.nodeName',
  '.spec.containers[*].name',
  '.status.containerStatuses[*].state.running.startedAt',
];
// Not a tab: kubectl makes columns of what has one.
const template = `${columns.map((field) => `{${field}}`).join('|')}{"\\n"}`;
const program = join(import.meta.dirname, '../dist/main.cjs');
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const cluster = await up({ mount: GOOD_MOUNT, fleet: true, report: say });
const api = new Api(cluster.adminKubeconfig);
const between = await proxy(api.token);
const file = join(paths.users, 'bench.kubeconfig');
const named = (name: string) => ({ name, cluster: { server: between.url }, user: {} });
const context = { cluster: 'bench', user: 'bench' };
const env = { PATH: `${cluster.bin}:${process.env['PATH']}`, HOME: ROOT };

interface Round {
  ratio: number;
  seconds: number;
  megabytes: number;
  requests: string[];
}

/** The most memory that a process has had, in MB (VmHWM, proc(5)); 0 when it has ended. */
async function peak(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}

/** Runs kubectl, each line as it comes. @returns how it ended: the API server ends a watch that is read too slowly */
async function follow(args: string[], onLine: (line: string) => void, signal: AbortSignal): Promise<string> {
  const kubeconfig = { KUBECONFIG: cluster.adminKubeconfig };
  const child = execa('kubectl', args, {
    env: { ...env, ...kubeconfig },
    reject: false,
    cancelSignal: signal,
  });
  for await (const line of child) onLine(line);
  const { exitCode, stderr } = await child;
  return `${exitCode} ${stderr.slice(-200)}`;
}

async function round(nodes: number): Promise<Round> {
  between.requests.length = 0;
  const begun = performance.now();
  /** the nodes whose pod kubectl has seen with every container running */
  const running = new Set<string>();
  let seenAt = Number.NaN;
  const selector = 'app.kubernetes.io/managed-by=subpathfix';
  const watching = ['get', 'pods', '-A', '-l', selector, '--watch', `--output=jsonpath=${template}`];
  const over = new AbortController();
  const onLine = (line: string): void => {
    const [node = '', names = '', starts = ''] = line.split('|');
    const isRunning = starts !== '' && starts.split(' ').length === names.split(' ').length;
    if (node === '' || !isRunning || running.has(node)) return;
    running.add(node);
    seenAt = performance.now();
  };
  const beside = (async (): Promise<string[]> => {
    const ends: string[] = [];
    while (!over.signal.aborted) ends.push(await follow(watching, onLine, over.signal));
    return ends;
  })();
  const jobs = String(nodes / turns);
  const args = ['verify', '--all-nodes', '--jobs', jobs, '--timeout', '120', '--format', 'json'];
  const only = [
    '--skip',
    'gate,probe,kubelet,leftovers',
    '--selector',
    `size in (${sizes.filter((size) => size <= nodes).join(',')})`,
  ];
  const ours = execa('node', [program, ...args, ...only], {
    env: { ...env, KUBECONFIG: file },
    reject: false,
  });
  let removingAt = Number.NaN;
  ours.stderr.on('data', (chunk: Buffer) => {
    if (String(chunk).includes('removing what was created')) removingAt = performance.now();
  });
  let megabytes = 0;
  const timer = setInterval(async () => {
    megabytes = Math.max(megabytes, await peak(ours.pid ?? 0));
  }, 200);
  const { stdout, stderr } = await ours;
  clearInterval(timer);
  over.abort();
  const ends = await beside;
  const { smoke } = JSON.parse(stdout) as { smoke: { state: string; nodes: { state: string }[] } };
  const fixed = smoke.nodes.filter(({ state }) => state === 'fixed').length;
  if (fixed !== nodes || running.size !== nodes) {
    process.exitCode = 1;
    say(
      `${nodes} nodes: only ${fixed} have their result, and kubectl saw ${running.size} (${ends.join('; ')})\n${stderr.slice(-2000)}`,
    );
  }
  const kinds = between.requests.map((each) =>
    each
      .replace(/\?.*watch=true.*/, ' (watch)')
      .replace(/\?.*/, '')
      .replace(/subpathfix-\w{10}/g, 'RUN'),
  );
  return {
    ratio: (removingAt - begun) / (seenAt - begun),
    seconds: (removingAt - begun) / 1000,
    megabytes,
    requests: kinds,
  };
}

const paging = /^GET \/api\/v1\/nodes$/;

function counted(requests: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const each of requests) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].map(([each, count]) => `    ${String(count).padStart(4)} ${each}`).join('\n');
}

try {
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [named('bench')],
      users: [named('bench')],
      contexts: [{ name: 'bench', context }],
      'current-context': 'bench',
    }),
  );
  await cluster.startKwok(stages(500));
  let there = 0;
  const all: Round[] = [];
  for (const size of sizes) {
    const more = Array.from({ length: size - there }, (_, index) =>
      nodeObject('fixed', there + index, 'bench', imagesOfNode),
    );
    await api.addNodes(more.map((each) => labelled(each, String(size))));
    there = size;
    const result = await round(size);
    all.push(result);
    const { ratio, seconds, megabytes, requests } = result;
    say(
      `${size} nodes, ${turns} turns: the last result after ${seconds.toFixed(1)} s, ${ratio.toFixed(2)} × the time in which kubectl sees the pods run (goal ${goals.ratio}); ${megabytes.toFixed(0)} MB (goal ${goals.megabytes}); ${requests.length} requests`,
    );
    say(counted(requests));
    if (!(ratio <= goals.ratio && megabytes <= goals.megabytes)) process.exitCode = 1;
  }
  const [few = 0, many = 0] = all.map(({ requests }) => requests.filter((each) => !paging.test(each)).length);
  say(
    `requests but for pages of nodes: ${few} for ${sizes[0]} nodes, ${many} for ${sizes[1]}, ${(many / few).toFixed(2)} ×`,
  );
} finally {
  await between.close();
  api.end();
  await cluster.down();
}

function labelled(node: object, size: string): object {
  const { metadata } = node as { metadata: { labels: Record<string, string> } };
  return { ...node, metadata: { ...metadata, labels: { ...metadata.labels, size } } };
}
