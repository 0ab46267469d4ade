/** services.subpathfix in a system of the tests. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Placed, placed } from './eras.ts';
import type { Row } from './nix.ts';
import { root } from './tools.ts';

let number = 0;

/**
 * @param project where the Nix that evaluates it has the project
 * @param user the body of a configuration.nix, beside that of the distribution
 */
export async function moduleRow(
  scratch: string,
  {
    distribution: distro,
    role,
    unit,
    era,
    variant,
  }: Omit<Placed, 'directory' | 'name' | 'gate' | 'packageWrapped' | 'strategies'>,
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
