/** Switches to the system that was tested, and back. */
import { examineNode } from '../../facts/node/examine.ts';
import { defaultTimeoutMs } from '../../smoke/target.ts';
import { activation, activationCommands, type Means, meansOf } from '../activation.ts';
import { activateLimit, finish } from '../finish.ts';
import type { Phase, PhaseResult } from '../phase.ts';
import {
  arm,
  disarm,
  goBack,
  type Rollback,
  renew,
  renewing,
  rollbackSeconds,
  runHere,
} from '../rollback.ts';
import { notBack } from '../settled.ts';
import type { RebuildOptions, Shared } from '../shared.ts';
import { differs, profile, readSystems, runningSystem } from '../systems.ts';
import { finishUnit, invocationOf, systemctl } from '../units.ts';
import { removeFiles, unsaidFile } from '../unsaid.ts';

export const activate = (shared: Shared, options: RebuildOptions): Phase => ({
  name: 'activate',
  title: `nixos-rebuild ${options.mode}`,
  barrier: true,
  run: (onLine) => switchOver(shared, options, onLine),
  undo: (onLine) => takeBack(shared, onLine),
});

type OnLine = (line: string) => void;
const failure = (because: string): PhaseResult => ({ state: 'failed', because });

async function switchOver(shared: Shared, options: RebuildOptions, onLine: OnLine): Promise<PhaseResult> {
  const { host, closure, rollsBack } = shared;
  const { mode } = options;
  if (closure === undefined) return failure('nothing was built');
  const means = await meansOf(host);
  const { before, ...kubelet } = await note(shared, options);
  const seconds = means.systemd ? rollbackSeconds(shared.smoke.timeoutMs ?? defaultTimeoutMs) : null;
  const rollback = { before, seconds };
  shared.before = { ...before, ...kubelet };
  if (rollsBack) {
    const failed = await arm(host, rollback);
    if (failed) {
      // What did not answer in time may have armed it all the same.
      await disarm(host, rollback);
      return { ...failed, because: `${failed.because}; nothing was activated` };
    }
    shared.rollback = rollback;
    shared.remains?.set('rollback', wayBack(rollback));
    if (seconds === null)
      onLine('there is no systemd here: only this process can return to the previous system');
  }
  shared.activated = true;
  const failed = await renewing(host, shared.rollback, activateClosure(shared, options, means, onLine));
  if (shared.rollback) await renew(host, shared.rollback);
  if (failed) return failed;
  if (mode === 'boot') {
    return {
      state: 'undetermined',
      because: 'the new system starts at the next boot: nothing is proven until then',
      next: { code: 'reboot', text: 'reboot, then run', command: 'sudo subpathfix verify' },
    };
  }
  return { state: 'passed', because: `${closure} is active; the previous system was ${before.running}` };
}

/** What to do by hand if this process ended now. */
const wayBack = ({ before: { running }, seconds }: Rollback): string =>
  seconds === null
    ? `the node is not back on ${running}: sudo ${running}/bin/switch-to-configuration switch`
    : `the node returns to ${running} within ${seconds} s`;

/** The node as it is before anything is activated. The examination also tells which unit is kubelet's. */
async function note({ host, advisory }: Shared, { mode }: RebuildOptions) {
  // Without the signal: a way back is needed all the more then.
  const { signal } = new AbortController();
  const { node } = await examineNode(host, advisory, { live: true, signal });
  const unit = node.unit.known ? `${node.unit.value.name}.service` : '';
  const invocation = unit === '' ? '' : await invocationOf(host, unit);
  return {
    before: { ...(await readSystems(host)), mode, unit, invocation },
    kubeletRan: node.kubelet.known,
    mounts: [node.mount, node.planned].flatMap((each) => (each.known ? [each.value.mount] : [])),
  };
}

/** Runs to its end, also after a signal: a switch is never cut off in the middle. */
async function activateClosure(
  { host, closure = '', before }: Shared,
  { mode, restart }: RebuildOptions,
  means: Means,
  onLine: OnLine,
): Promise<PhaseResult | null> {
  const limits = { ...activateLimit, onLine };
  for (const command of activationCommands(host, mode, closure, means)) {
    const failed = await finishUnit(host, activation, command, limits);
    if (failed) return failed;
  }
  const { running, next } = await readSystems(host);
  if (mode !== 'boot' && running !== closure) return failure(differs(runningSystem, running, closure));
  if (mode !== 'test' && next !== closure) return failure(differs(profile, next, closure));
  const { unit = '', invocation = '' } = before ?? {};
  if (!restart || mode === 'boot' || unit === '') return null;
  // The switch may have restarted it already.
  if ((await invocationOf(host, unit)) !== invocation) return null;
  return finish(host, systemctl('restart', unit), limits);
}

/** Back to the system that ran before; whether it worked is read from the node. */
async function takeBack(shared: Shared, onLine: OnLine): Promise<PhaseResult> {
  const { host, before, rollback, activated } = shared;
  if (!rollback || !before || !activated) return { state: 'passed', because: 'nothing was activated' };
  shared.remains?.set('rollback', wayBack(rollback));
  let failed = await goBack(host, rollback, onLine);
  let fault = await notBack(shared);
  if (fault !== null && rollback.seconds !== null) {
    failed = await runHere(host, before, onLine);
    fault = await notBack(shared);
  }
  if (fault !== null) {
    shared.remains?.set('node', `the node is not as it was: ${fault}`);
    return { ...failed, state: 'failed', because: fault };
  }
  shared.remains?.delete('rollback');
  return { state: 'passed', because: `back to ${before.running}` };
}

/** Removes what the units wrote: it has been told. */
export const forget = ({ host }: Shared): Promise<void> => removeFiles(host, unsaidFile(host, activation));
