/** The commands of a run, for --dry-run. Nothing is changed. */
import type { Command } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { defaultTimeoutMs, smokeCommands } from '../smoke/target.ts';
import { activationCommands, meansOf } from './activation.ts';
import { buildCommand, dryActivateCommand } from './phases/rebuild.ts';
import { armCommands, rollbackSeconds } from './rollback.ts';
import type { VerifyRequest } from './run.ts';
import { readSystems } from './systems.ts';
import { systemctl } from './units.ts';

/** What is known only when it is built or examined has a name in its place: ./result, UNIT and INVOCATION. */
export async function verifyCommands(host: Host, request: VerifyRequest): Promise<Command[]> {
  const { rebuild: options, rollback, skip, smoke } = request;
  const building = options ? [buildCommand(options, host.cwd), dryActivateCommand()] : [];
  if (options && options.mode !== 'build') {
    const { mode, restart } = options;
    const means = await meansOf(host);
    const seconds = means.systemd ? rollbackSeconds(smoke.timeoutMs ?? defaultTimeoutMs) : null;
    const kubelet = { unit: 'UNIT', invocation: 'INVOCATION' };
    const before = { ...(await readSystems(host)), ...kubelet, mode };
    if (rollback) building.push(...armCommands(host, { before, seconds }));
    building.push(...activationCommands(host, mode, './result', means));
    if (restart && mode !== 'boot') building.push(systemctl('restart', 'UNIT'));
  }
  return [...building, ...(skip.includes('smoke') ? [] : smokeCommands(smoke))];
}
