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
  /** What verify gives, and its exit code. */
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

/** Asks the program on the node, then a pod: its mounts must not be there while the program looks. */
export async function answers(
  kubernetes: KubernetesNode,
  scene: string,
  verifyArgs = ['--skip', 'smoke'],
): Promise<Row> {
  const { node } = kubernetes;
  const check = await ask<Checked>(node, ['check']);
  const generate = await ask<Generated>(node, ['generate', '--dry-run', '--out', '/tmp/fix']);
  const verify = await ask<{ outcome: { state: string } }>(node, ['verify', ...verifyArgs]);
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
    verify: `${verify.document.outcome.state} ${verify.exitCode}`,
  };
}

async function truthOf(kubernetes: KubernetesNode): Promise<string> {
  if (!runsKubelet(kubernetes.variant)) return 'none';
  const { control, file, directory } = await truth(kubernetes);
  if (control !== 'good' || file !== directory) return JSON.stringify({ control, file, directory });
  return file;
}

async function ask<Document>(
  node: SystemdNode,
  args: readonly string[],
): Promise<{ document: Document; exitCode: number | undefined }> {
  const { exitCode, stdout, stderr } = await node.attempt(['subpathfix', ...args, '--json']);
  try {
    return { document: JSON.parse(stdout) as Document, exitCode };
  } catch {
    throw new Error(`subpathfix ${args.join(' ')}: exit ${exitCode}\n${stderr}${stdout}`);
  }
}

/** How long check takes, in milliseconds, five times; by the node's own clock. */
export async function checkTimes({ node }: KubernetesNode): Promise<number[]> {
  const script = `for each in 1 2 3 4 5; do
  start=$(date +%s%N); subpathfix check --quiet; end=$(date +%s%N); echo $(( (end - start) / 1000000 ))
done`;
  return (await node.run(['sh', '-c', script])).split('\n').map(Number);
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
