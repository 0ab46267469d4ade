/** Nix for tests: evaluates without a store of the system's, in engines that behave as NixOS does. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
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

/** A generated module in a system; test/nix/table.nix says what the fields mean. */
export interface Row {
  modules: string[];
  distro: string;
  role: string;
  unit: string;
  era: string;
  variant?: string;
  pkgsFrom?: 'nixos' | 'read-only' | 'special';
  applied?: string[];
  package?: 'source' | 'unwrapped' | 'foreign';
  foreign?: string;
  /** false: NixOS before 24.11 */
  preSwitchChecks?: boolean;
}

type State = 'fixed' | 'affected' | 'patched twice' | 'none';

export interface Evaluated {
  /** what kubelet would run as mount, and what libmount sees in its environment */
  kubelet: { mount: string; forced: string | null; state: State };
  wrapper: { source: string; setuid: boolean; state: State };
  environment: Record<string, string>;
  units: string[];
  failed: string[];
  warnings: string[];
  checks: Record<string, string>;
  /** what the NixOS module adds for its timer, and installs */
  check: {
    unit: { serviceConfig?: Record<string, unknown>; onFailure?: string[] };
    timer: { timerConfig: Record<string, unknown> } | null;
    rules: string[];
    packages: string[];
  };
  postBuild: string | null;
  /** what the package's wrapper puts before PATH */
  prefix: string[];
  utilLinux: string;
}

/** Another Nix than this machine's. */
export interface NixCommand {
  file: string;
  args: readonly string[];
  /** where it has the project */
  project: string;
}

/**
 * Evaluates all rows in one run of Nix.
 * @throws {Error} with Nix's words when one of them fails
 */
export async function evaluateTable(
  scratch: string,
  rows: Row[],
  options: string[] = [],
  { file: nix, args, project }: NixCommand = { file: tool('nix-instantiate'), args: [], project: root },
): Promise<Evaluated[]> {
  const file = path.join(scratch, `rows-${Math.random().toString(36).slice(2)}.json`);
  await writeFile(file, JSON.stringify(rows));
  const { stdout } = await execa(
    nix,
    [
      ...args,
      ...tableArguments,
      ...options,
      path.join(project, 'test/nix/table.nix'),
      '--argstr',
      'rows',
      file,
    ],
    { env: nixEnvironment(scratch) },
  );
  return JSON.parse(stdout) as Evaluated[];
}

export const tableArguments = ['--eval', '--strict', '--json'] as const;
