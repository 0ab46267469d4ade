/** services.subpathfix in a system of the tests. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Placed } from './eras.ts';
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
