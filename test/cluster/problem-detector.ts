import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Cluster } from './cluster.ts';
import { files } from './config.ts';
import { binOf, goPrograms } from './go-programs.ts';
import { SYSTEM_PATH } from './prerequisites.ts';
import { NODE_PROBLEM_DETECTOR } from './releases.ts';

const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/node-problem-detector');
const TYPE = 'SubPathMountBroken';

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

/** Compiles node-problem-detector, where that has not been done: a minute. Throws where the compiler fails. */
export async function buildDetector(): Promise<void> {
  await goPrograms(NODE_PROBLEM_DETECTOR, console.log);
}

/**
 * Runs the real node-problem-detector, as examples/node-problem-detector has it, with kubelet's own rights, until the
 * node has the condition in that status; then ends it. Returns the condition. A directory of this name is made in the
 * scratch directory, because the example's is /etc.
 */
export async function conditionOf(cluster: Cluster, scratch: string, status: string): Promise<Condition> {
  const bin = binOf(NODE_PROBLEM_DETECTOR);
  const dir = join(scratch, 'node-problem-detector');
  await mkdir(dir, { recursive: true });
  await execa('cp', [
    '--recursive',
    ...['subpath-mount.sh', 'subpath-mount.json'].map((name) => join(example, name)),
    dir,
  ]);
  await execa('cp', ['--recursive', '--no-target-directory', join(root, 'dist'), join(dir, 'subpathfix')]);
  const config = join(dir, 'subpath-mount.json');
  await writeFile(config, (await readFile(config, 'utf8')).replaceAll('/etc/node-problem-detector', dir));

  const detector = execa(join(bin, 'nodeproblemdetector'), await flags(cluster, dir), {
    env: { PATH: `${dirname(process.execPath)}:${SYSTEM_PATH}` },
    extendEnv: false,
    reject: false,
  });
  try {
    let found: Condition | undefined;
    const look = async () => {
      const { status: node } = JSON.parse(await cluster.kubectl(['get', 'node', cluster.node, '-o', 'json']));
      found = (node.conditions as Condition[]).find(({ type }) => type === TYPE);
      return found?.status;
    };
    await expect.poll(look, { timeout: 30_000, interval: 300 }).toBe(status);
    if (found === undefined) throw new Error(`the node has no condition ${TYPE}`);
    return found;
  } finally {
    detector.kill();
    await detector;
  }
}

/** Those of the NixOS module, for this cluster; without the ports, of which another may be in use. */
async function flags(cluster: Cluster, dir: string): Promise<string[]> {
  const module = await readFile(join(example, 'node-problem-detector.nix'), 'utf8');
  const values: Record<string, string> = {
    'config.networking.hostName': cluster.node,
    directory: dir,
    kubeconfig: files.node,
  };
  const found = [...module.matchAll(/^ +"(--\S+)"$/gm)].map(([, flag = '']) =>
    flag
      .replace('/etc/${directory}', dir)
      .replace(/\$\{([^}]+)\}/g, (_all, name: string) => values[name] ?? ''),
  );
  expect(found).toHaveLength(3);
  return [...found, '--port=0', '--prometheus-port=0'];
}
