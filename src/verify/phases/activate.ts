/** Switches to the new system, and back. */
import { findUnit } from '../../facts/node/find-unit.ts';
import { readRunning } from '../../facts/node/kubelet.ts';
import { orNull } from '../../host/host.ts';
import type { Phase, PhaseResult, RebuildMode } from '../phase.ts';
import { activateLimit, finish, type RebuildOptions, rebuildLimit, type Shared } from '../shared.ts';
import { rebuildCommand } from './rebuild.ts';

const profile = '/nix/var/nix/profiles/system';
const runningSystem = '/run/current-system';

export const activate = (shared: Shared, options: RebuildOptions): Phase => ({
  name: 'activate',
  title: `nixos-rebuild ${options.mode}`,
  barrier: true,
  run: (onLine) => switchOver(shared, options, onLine),
  undo: () => rollBack(shared, options.mode),
});

async function switchOver(
  shared: Shared,
  options: RebuildOptions,
  onLine: (line: string) => void,
): Promise<PhaseResult> {
  const { host, signal } = shared;
  shared.previous = await host.readLink(runningSystem);
  const unit = await findUnit(host, await readRunning(host));
  const command = rebuildCommand(options.mode, options, host.cwd);
  const failed = await finish(host, command, { ...rebuildLimit, signal, onLine });
  if (failed) return failed;
  if (options.mode === 'boot') {
    return {
      state: 'undetermined',
      because: 'the new system starts at the next boot: nothing is proven until then',
      next: { code: 'reboot', text: 'reboot, then run', command: 'sudo subpathfix verify' },
    };
  }
  if (options.restart && unit.known) {
    const restart = { file: 'systemctl', args: ['restart', `${unit.value.name}.service`], mutates: true };
    const notRestarted = await finish(host, restart, { ...activateLimit, signal, onLine });
    if (notRestarted) return notRestarted;
  }
  return { state: 'passed', because: `the previous system was ${shared.previous}` };
}

/** Back to the system that ran before; `test` left the profile alone, and so does its undo. */
async function rollBack({ host, previous }: Shared, mode: RebuildMode): Promise<PhaseResult> {
  if (previous === undefined) return { state: 'passed', because: 'nothing was activated' };
  const setProfile = { file: 'nix-env', args: ['--profile', profile, '--set', previous], mutates: true };
  const switchBack = { file: `${previous}/bin/switch-to-configuration`, args: [mode], mutates: true };
  for (const command of mode === 'test' ? [switchBack] : [setProfile, switchBack]) {
    // Without the signal: this may run because of an interruption, which must not end it.
    const failed = await finish(host, command, activateLimit);
    if (failed) return failed;
  }
  const system = await orNull(host.readLink(runningSystem));
  return system === previous || mode === 'boot'
    ? { state: 'passed', because: `back to ${previous}` }
    : { state: 'failed', because: `${runningSystem} is ${system}, not ${previous}` };
}
