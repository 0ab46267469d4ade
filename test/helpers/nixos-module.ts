/** services.subpathfix in a system of the tests. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Placed, placed } from './eras.ts';
import { type Evaluated, evaluateTable, type Row } from './nix.ts';
import { root } from './tools.ts';

let number = 0;

type Node = Pick<Placed, 'distribution' | 'role' | 'unit' | 'era' | 'variant'>;

/**
 * @param project where the Nix that evaluates it has the project
 * @param user the body of a configuration.nix, beside that of the distribution
 */
export async function moduleRow(
  scratch: string,
  { distribution: distro, role, unit, era, variant }: Node,
  user: string,
  more: Partial<Row> = {},
  project = root,
): Promise<Row> {
  const file = path.join(scratch, `user-${number++}.nix`);
  await writeFile(file, `{ lib, pkgs, ... }: { ${user} }\n`);
  return { distro, role, unit, era, variant, ...more, modules: [path.join(project, 'nix/module.nix'), file] };
}

/** Every fix of `generate` that the module has too: those of k0s' package, and of several at once, it has not. */
export const moduleFixes = (scratch: string): Placed[] =>
  placed(scratch).filter(({ strategies: [strategy, second], gate, distribution, packageWrapped }) => {
    if (gate || second !== undefined) return false;
    if (strategy === 'package') return distribution !== 'k0s';
    if (strategy !== 'path') return strategy === 'env' || strategy === 'wrapper';
    return distribution === 'k0s'
      ? packageWrapped === 'unknown'
      : distribution === 'kubernetes' && packageWrapped === 'no';
  });

/** What a user sets for such a fix. */
export const moduleSettings = ({ strategies: [strategy], unit }: Placed): string =>
  `services.subpathfix = { enable = true; unit = "${unit}"; ${
    strategy === 'wrapper' ? 'fix.wrapper = true;' : `fix.enable = true; fix.strategy = "${strategy}";`
  } };`;

const k0s = {
  distribution: 'k0s',
  role: 'worker',
  unit: 'k0s',
  era: '2026-08',
  variant: 'bare-2.41',
} as const;
const k3s = {
  distribution: 'k3s',
  role: 'server',
  unit: 'k3s',
  era: '2025-05',
  variant: 'bare-2.41',
} as const;
const rke2 = { ...k3s, distribution: 'rke2', role: 'agent', unit: 'rke2-agent' } as const;
const kubernetes = { ...k3s, distribution: 'kubernetes', role: 'node', unit: 'kubelet' } as const;
/** A node of each distribution. */
export const nodes = { k0s, k3s, rke2, kubernetes };

export type Wanted = [node: Node, options: string, more?: (Partial<Row> & { user?: string }) | undefined];

/** What `options` of services.subpathfix come to on each node, beside what else `user` has: in one run of Nix. */
export async function evaluateModules(scratch: string, wanted: Wanted[]): Promise<Evaluated[]> {
  const rows = wanted.map(([node, options, { user = '', ...row } = {}]) => {
    const services = options === '' ? '' : `services.subpathfix = { ${options} };`;
    return moduleRow(scratch, node, `${services} ${user}`, row);
  });
  return evaluateTable(scratch, await Promise.all(rows));
}

/** The same for one of them. */
export async function evaluateModule(scratch: string, ...wanted: Wanted): Promise<Evaluated> {
  const [result] = await evaluateModules(scratch, [wanted]);
  if (!result) throw new Error('nothing was evaluated');
  return result;
}
