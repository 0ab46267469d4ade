/** The phases that rebuild a NixOS system and switch to it. */
import path from 'node:path';
import type { Advisory } from '../advisory/index.ts';
import { known } from '../facts/fact.ts';
import { readKubelet } from '../facts/node/kubelet.ts';
import { type Command, lastLines } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { makeBuildDirectory, removeBuildDirectory } from './build-directory.ts';
import type { Phase, PhaseResult } from './phase.ts';
import { tryClosure } from './phases/gate.ts';

export type RebuildMode = 'build' | 'test' | 'switch' | 'boot';

export interface RebuildOptions {
  mode: RebuildMode;
  flake?: string;
  file?: string;
  /** restart kubelet's unit where the switch did not */
  restart: boolean;
}

/** What the phases hand on to each other. */
export interface Rebuilt {
  /** the new system in the store */
  closure: string | null;
  /** the system that ran before */
  previous: string | null;
  directory: string | null;
}

/** Forgets the directory with the link to what was built. */
export async function discard(rebuilt: Rebuilt): Promise<void> {
  if (rebuilt.directory !== null) await removeBuildDirectory(rebuilt.directory);
  rebuilt.directory = null;
}

/** A rebuild can compile for hours; more than a night is a hang. */
const rebuildLimit = { timeoutMs: 12 * 3600 * 1000 };
const activateLimit = { timeoutMs: 1800 * 1000 };

const profile = '/nix/var/nix/profiles/system';
const runningSystem = '/run/current-system';

/** A flake or a file is relative to where the user is, not to where the rebuild runs. */
function rebuildArguments({ flake, file }: RebuildOptions, cwd: string): string[] {
  if (file !== undefined) return ['-f', path.resolve(cwd, file)];
  if (flake === undefined) return [];
  const [where = '', attribute] = flake.split('#', 2);
  const absolute = /^\.{0,2}(\/|$)/.test(where) ? path.resolve(cwd, where) : where;
  return ['--flake', attribute === undefined ? absolute : `${absolute}#${attribute}`];
}

/** The commands of the phases, as --dry-run shows them. */
export function rebuildCommands(options: RebuildOptions, cwd: string, closure = './result'): Command[] {
  const args = rebuildArguments(options, cwd);
  const commands: Command[] = [
    { file: 'nixos-rebuild', args: ['build', ...args], mutates: true },
    { file: `${closure}/bin/switch-to-configuration`, args: ['dry-activate'], mutates: false },
  ];
  if (options.mode !== 'build')
    commands.push({ file: 'nixos-rebuild', args: [options.mode, ...args], mutates: true });
  return commands;
}

/** Rebuild, gate and activate, in this order. */
export function nixosPhases(
  host: Host,
  options: RebuildOptions,
  advisory: Advisory,
  signal: AbortSignal,
  rebuilt: Rebuilt,
): { rebuild: Phase; gate: Phase; activate: Phase } {
  const [build, dry, activate] = rebuildCommands(options, host.cwd);
  return {
    rebuild: {
      name: 'rebuild',
      title: 'build the new system',
      barrier: true,
      run: async (say) => {
        rebuilt.directory = await makeBuildDirectory();
        const built = await finish(
          host,
          { ...(build as Command), cwd: rebuilt.directory },
          rebuildLimit,
          signal,
          say,
        );
        if (built) return built;
        rebuilt.closure = await host.readLink(path.join(rebuilt.directory, 'result'));
        const shown = await finish(
          host,
          { ...(dry as Command), file: `${rebuilt.closure}/bin/switch-to-configuration` },
          activateLimit,
          signal,
          say,
        );
        return shown ?? { state: 'passed', because: `built ${rebuilt.closure}` };
      },
      undo: async () => {
        await discard(rebuilt);
        return { state: 'passed', because: 'the build is forgotten' };
      },
    },
    gate: {
      name: 'gate',
      title: 'try the mount that kubelet would use in it',
      barrier: true,
      run: () => tryClosure(host, rebuilt.closure ?? '', advisory, signal),
    },
    activate: {
      name: 'activate',
      title: `nixos-rebuild ${options.mode}`,
      barrier: true,
      run: async (say) => {
        rebuilt.previous = await host.readLink(runningSystem);
        const before = await readKubelet(host);
        const failed = await finish(host, activate as Command, rebuildLimit, signal, say);
        if (failed) return failed;
        if (options.mode === 'boot') {
          return {
            state: 'undetermined',
            because: 'the new system is started at the next boot: nothing is proven until then',
            details: ['reboot, then: subpathfix verify'],
          };
        }
        const unit = before.known ? before.value.unit : null;
        if (options.restart && unit !== null) {
          const restarted = await finish(
            host,
            { file: 'systemctl', args: ['restart', `${unit}.service`], mutates: true },
            activateLimit,
            signal,
            say,
          );
          if (restarted) return restarted;
        }
        return { state: 'passed', because: `the system before was ${rebuilt.previous}` };
      },
      undo: () => rollBack(host, options.mode, rebuilt.previous),
    },
  };
}

/** Runs a command to its end. @returns the failure, with the command and its last lines; null where it went well */
async function finish(
  host: Host,
  command: Command,
  { timeoutMs }: { timeoutMs: number },
  signal: AbortSignal | null,
  say: (line: string) => void,
): Promise<PhaseResult | null> {
  const result = await host.runLong(command, { timeoutMs, ...(signal ? { signal } : {}) }, say);
  if (result.exitCode === 0) return null;
  const name = [command.file, ...command.args].join(' ');
  return {
    state: 'failed',
    because: `${name}: ${result.stopped === null ? `exit ${result.exitCode}` : `stopped (${result.stopped})`}`,
    details: lastLines(result.output, 12),
  };
}

/** Back to the system that ran before; `test` left the profile alone, and so does its undo. */
async function rollBack(host: Host, mode: RebuildMode, previous: string | null): Promise<PhaseResult> {
  if (previous === null) return { state: 'passed', because: 'nothing had been activated' };
  const commands: Command[] = [
    ...(mode === 'test'
      ? []
      : [{ file: 'nix-env', args: ['--profile', profile, '--set', previous], mutates: true }]),
    {
      file: `${previous}/bin/switch-to-configuration`,
      args: [mode === 'boot' ? 'boot' : mode],
      mutates: true,
    },
  ];
  for (const command of commands) {
    // An interruption is why this runs: it must not end it.
    const failed = await finish(host, command, activateLimit, null, () => {});
    if (failed) return failed;
  }
  const system = await host.readLink(runningSystem).catch(() => null);
  const now = known(system, runningSystem);
  return now.value === previous || mode === 'boot'
    ? { state: 'passed', because: `back to ${previous}` }
    : { state: 'failed', because: `${runningSystem} is ${system} and not ${previous}` };
}
