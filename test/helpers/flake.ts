/** The project as a flake, as git has it, with the packages of the tests in the place of nixpkgs. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './tools.ts';

const nixpkgs = `{
  outputs = _: {
    lib = import ./lib.nix;
    legacyPackages.x86_64-linux = import ./. { };
    legacyPackages.aarch64-linux = import ./. { host = "aarch64-linux"; };
  };
}
`;

/** @returns the arguments of `nix flake show` and `check` for a copy of the project in scratch */
export async function flakeArguments(scratch: string): Promise<string[]> {
  const [project, packages] = [path.join(scratch, 'flake'), path.join(scratch, 'nixpkgs')];
  const parts = ['flake.nix', 'default.nix', 'nix', 'package.json', 'package-lock.json', 'LICENSE', 'src'];
  await mkdir(project);
  for (const part of parts) await cp(path.join(root, part), path.join(project, part), { recursive: true });
  await cp(path.join(root, 'test/nix'), packages, { recursive: true });
  await writeFile(path.join(packages, 'flake.nix'), nixpkgs);
  return [`path:${project}`, '--override-input', 'nixpkgs', `path:${packages}`, '--no-write-lock-file'];
}

export const flakeConfiguration =
  'experimental-features = nix-command flakes\nbuild-users-group =\nsandbox = false\nsubstituters =';
