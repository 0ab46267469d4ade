/** Evaluates configurations of examples/, with the inputs of the tests. */
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { type Evaluated, nixEnvironment, tableArguments } from './nix.ts';
import { root, tool } from './tools.ts';

type Example = Pick<Evaluated, 'failed' | 'warnings' | 'kubelet'> & {
  etc: Record<string, string>;
  wrapper: string;
  checks: string[];
  timer: string | null;
};

/** @returns by name; those of an example that names no system: `machine` */
export async function evaluateExample(
  scratch: string,
  directory: string,
  node: { distro: string; unit: string; era: string; variant?: string },
): Promise<Record<string, Example>> {
  // In examples/ of a copy: some name the project that they are in.
  const copy = path.join(scratch, 'examples', directory);
  await cp(path.join(root, 'examples', directory), copy, { recursive: true });
  await cp(path.join(root, 'nix'), path.join(scratch, 'nix'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    await cp(path.join(root, name), path.join(scratch, name));
  // What nixos-generate-config writes is the machine's.
  await writeFile(path.join(copy, 'hardware-configuration.nix'), '{ }\n');
  const args = Object.entries({ directory: copy, ...node }).flatMap(([name, value]) => [
    ...['--argstr', name, value],
  ]);
  const { stdout } = await execa(
    tool('nix-instantiate'),
    [...tableArguments, path.join(root, 'test/nix/example.nix'), ...args],
    { env: nixEnvironment(scratch) },
  );
  return JSON.parse(stdout);
}
