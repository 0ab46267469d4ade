/** Nix for tests: evaluates without a store of the system's, in engines that behave as NixOS does. */
import path from 'node:path';
import { execa, execaSync } from 'execa';
import { root, tool } from './tools.ts';

/** Everything that Nix writes goes here, so that no daemon and no /nix is needed. */
export function nixEnvironment(scratch: string): Record<string, string> {
  return {
    NIX_STORE_DIR: path.join(scratch, 'store'),
    NIX_STATE_DIR: path.join(scratch, 'state'),
    NIX_LOG_DIR: path.join(scratch, 'log'),
    NIX_CONF_DIR: path.join(scratch, 'conf'),
    NIX_REMOTE: '',
  };
}

/** @throws {Error} with Nix's words when the file does not parse */
export async function parses(file: string, scratch: string): Promise<void> {
  await execa(tool('nix-instantiate'), ['--parse', file], { env: nixEnvironment(scratch) });
}

export interface Evaluated {
  environment: Record<string, string>;
  units: string[];
  failed: string[];
  warnings: string[];
  wrapper: { source: string; setuid: boolean };
  checks: Record<string, string>;
  package: { name: string; utilLinux: string | null; postBuild: string | null } | null;
  utilLinux: string;
  minimal: string;
  patched: string | null;
  /** what lib.warn said */
  trace: string;
}

/** The small module system of the tests, and NixOS's own where this machine has one. */
export const engines: string[] = ['evaluate.nix'];
const nixpkgs = execaSync('nix-instantiate', ['--find-file', 'nixpkgs'], { reject: false });
if (nixpkgs.exitCode === 0) engines.push('evaluate-nixos.nix');

/** @throws {Error} with Nix's words when the evaluation fails */
export async function evaluate(
  scratch: string,
  args: { directory: string; distro: string; unit: string; variant?: string },
  engine = 'evaluate.nix',
  options: string[] = [],
): Promise<Evaluated> {
  const { stdout, stderr } = await execa(
    tool('nix-instantiate'),
    [
      ...['--eval', '--strict', '--json', ...options, path.join(root, 'test/nix', engine)],
      ...Object.entries(args).flatMap(([name, value]) => ['--argstr', name, value]),
    ],
    { env: nixEnvironment(scratch) },
  );
  return { ...(JSON.parse(stdout) as Omit<Evaluated, 'trace'>), trace: stderr };
}
