import { writeUnit } from './install.ts';
import { KubernetesNode } from './kubernetes.ts';
import type { SystemdNode } from './node.ts';
import { truth } from './truth.ts';
import { runsKubelet, type Variant } from './variants.ts';

/** What a fresh pod shows, and what the program says of the same node. */
export interface Row {
  scene: string;
  /** Whether a file and a directory as subPath work, by a pod: good, affected, or none where none can run. */
  truth: string;
  /** The state that check gives, and its exit code. */
  check: string;
  /** What a restart would change, by check. */
  drift: string;
  /** What generate wrote for, or nothing. */
  generate: string;
  /** What verify gives, its exit code, what its pod showed, and the command that it advises to go on with. */
  verify: string;
}

interface Checked {
  verdict: { state: string };
  node: {
    kubelet: { known: boolean; value?: { distribution: string; role: string | null } };
    unit: { known: boolean; value?: { name: string } };
    drift: { state: string };
  };
}

interface Generated {
  remedy?: { system: { distribution: string; role: string; unit: string; assumed: string[] } };
}

interface Verified {
  outcome: { state: string };
  phases: { name: string; state: string }[];
  advice: { code: string; command?: string }[];
}

/** Asks the program on the node, then a pod: its mounts must not be there while the program looks. */
export async function answers(kubernetes: KubernetesNode, scene: string): Promise<Row> {
  const { node } = kubernetes;
  const check = await ask<Checked>(node, ['check']);
  const generate = await ask<Generated>(node, ['generate', '--dry-run', '--out', '/tmp/fix']);
  const verify = await ask<Verified>(node, ['verify']);
  const { verdict, node: found } = check.document;
  const { remedy } = generate.document;
  return {
    scene,
    truth: await truthOf(kubernetes),
    check: `${verdict.state} ${check.exitCode}, ${found.unit.value?.name ?? 'no unit'}, ${found.kubelet.value?.role ?? 'no role'}`,
    drift: found.drift.state,
    generate: remedy
      ? `${generate.exitCode}, ${remedy.system.unit}, ${remedy.system.role} ${remedy.system.assumed.join()}`.trim()
      : `${generate.exitCode}, nothing`,
    verify: verifyText(verify),
  };
}

/** What follows from the state of kubelet or of its pod; other advice is the same everywhere. */
const TELLING = ['restart-kubelet', 'keep-fix', 'verify-elsewhere'];

function verifyText({ document: { outcome, phases, advice }, exitCode }: Asked<Verified>): string {
  const pod = phases.find(({ name }) => name === 'smoke')?.state ?? 'not run';
  const next = advice.flatMap(({ code, command }) => (TELLING.includes(code) ? [`; ${command}`] : []));
  return `${outcome.state} ${exitCode}, pod ${pod}${next.join('')}`;
}

async function truthOf(kubernetes: KubernetesNode): Promise<string> {
  if (!runsKubelet(kubernetes.variant)) return 'none';
  const { control, file, directory } = await truth(kubernetes);
  if (control !== 'good' || file !== directory) return JSON.stringify({ control, file, directory });
  return file;
}

interface Asked<Document> {
  document: Document;
  exitCode: number | undefined;
}

async function ask<Document>(node: SystemdNode, args: readonly string[]): Promise<Asked<Document>> {
  const { exitCode, stdout, stderr } = await node.attempt(['subpathfix', ...args, '--json']);
  try {
    return { document: JSON.parse(stdout) as Document, exitCode };
  } catch {
    throw new Error(`subpathfix ${args.join(' ')}: exit ${exitCode}\n${stderr}${stdout}`);
  }
}

/** How long check takes, in milliseconds: the median of twenty, by the node's own clock. */
export async function checkTime({ node }: KubernetesNode): Promise<number> {
  const script = `for each in $(seq 20); do
  start=$(date +%s%N); subpathfix check >/tmp/check.txt; end=$(date +%s%N); echo $(( (end - start) / 1000000 ))
done`;
  const times = (await node.run(['sh', '-c', script])).split('\n').map(Number);
  const [tenth = 0, eleventh = 0] = times.sort((a, b) => a - b).slice(9, 11);
  return (tenth + eleventh) / 2;
}

/** Another unit in the place of the one that the node has, its kubelet restarted with it. */
export async function replaceUnit(kubernetes: KubernetesNode, variant: Variant): Promise<KubernetesNode> {
  const { node, server, variant: before } = kubernetes;
  if (before.unit !== variant.unit) {
    await node.run(['systemctl', 'stop', before.unit]);
    await node.run(['rm', `/etc/systemd/system/${before.unit}.service`]);
  }
  await writeUnit(node, variant);
  const changed = KubernetesNode.save(node, variant, server);
  await changed.restart();
  return changed;
}

/** A table, a line for each row, its columns aligned. */
export function printed(rows: readonly Row[]): string {
  const names = ['scene', 'truth', 'check', 'drift', 'generate', 'verify'] as const;
  const lines = [names as readonly string[], ...rows.map((row) => names.map((name) => row[name]))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n');
}
