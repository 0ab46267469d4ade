/** `verify`: proves the fix on the node and on its cluster; with --rebuild it rebuilds first. */
import { advisory } from '../advisory/index.ts';
import { findProgram } from '../facts/mount/path.ts';
import type { Command } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { RequestError } from '../remedy/system.ts';
import { exitCodes } from '../report/exit.ts';
import { writeVerified } from '../report/verify/index.ts';
import type { Verified } from '../report/verify/schema.ts';
import { type SmokeOptions, type SmokeResult, smokePlan } from '../smoke/run.ts';
import { printable, shellQuoted } from '../text/escape.ts';
import { discard, nixosPhases, type RebuildOptions, rebuildCommands } from '../verify/nixos.ts';
import { advice, type Examined, kubeletPhase, leftoversPhase, probePhase } from '../verify/node.ts';
import { outcomeOf } from '../verify/outcome.ts';
import { climb, type Phase, type PhaseReport } from '../verify/phase.ts';
import { smokePhase } from '../verify/phases/smoke.ts';
import { type Context, verboseHost, wantsColor } from './context.ts';
import { rebuildOptions, skipped, smokeOptions, type VerifyOptions } from './verify-options.ts';
import { watcherFor } from './watch.ts';

/** @returns 0 only where the fix is proven; 4 where the defect is still there or a step failed; else 3 */
export async function verify(context: Context, options: VerifyOptions): Promise<number> {
  const host = verboseHost(context, options);
  const skip = skipped(options.skip);
  const smoke = smokeOptions(options);
  const rebuild = rebuildOptions(options);
  const nixos =
    rebuild !== null && (await findProgram(host, 'nixos-rebuild', host.env['PATH'] ?? '', host.cwd)) !== null;
  if (options.dryRun) return showPlan(context, host, { rebuild: nixos ? rebuild : null, smoke, skip });
  if (nixos && rebuild.mode !== 'build' && !host.isRoot) {
    throw new RequestError(`verify --rebuild ${rebuild.mode}: switching needs root; nothing was done`);
  }
  const { signal } = context;
  const examined: Examined = { examination: null };
  const rebuilt = { closure: null, previous: null, directory: null };
  let result: SmokeResult | undefined;

  const phases: Phase[] = [];
  if (rebuild && nixos) {
    const { rebuild: build, gate, activate } = nixosPhases(host, rebuild, advisory, signal, rebuilt);
    phases.push(
      build,
      ...(skip.includes('gate') ? [] : [gate]),
      ...(rebuild.mode === 'build' ? [] : [activate]),
    );
  } else if (rebuild)
    phases.push(leftOut('rebuild', 'build the new system', 'there is no nixos-rebuild: this is not NixOS'));
  const proofs = [
    kubeletPhase(host, advisory, signal, examined),
    probePhase(host, advisory, signal, examined),
    smokePhase(host, smoke, advisory, signal, (found) => {
      result = found;
    }),
    leftoversPhase(host, advisory, signal, examined),
  ];
  for (const phase of proofs) {
    const wanted = !skip.includes(phase.name);
    phases.push(wanted ? phase : leftOut(phase.name, phase.title, 'left out with --skip'));
  }
  const watcher = watcherFor(context, options);
  const ladder = await climb(
    phases,
    watcher,
    signal,
    (reports) => options.rollback === true && asksForRollback(reports),
  );
  if (ladder.undone.length > 0) ladder.undone.push(await probeAgain(host, signal));
  await discard(rebuilt);

  const outcome = outcomeOf(ladder, signal.aborted);
  const report: Verified = {
    schemaVersion: 1,
    program: { name: 'subpathfix', version: context.version },
    command: 'verify',
    advisory: advisory.id,
    outcome,
    phases: ladder.reports,
    undone: ladder.undone,
    ...(result ? { smoke: result } : {}),
    advice: outcome.state === 'proven' ? advice(examined, advisory) : [],
  };
  const format = options.json ? 'json' : (options.format ?? 'human');
  if (!(options.quiet && format === 'human'))
    context.stdout(writeVerified(report, format, wantsColor(context, options)));
  return {
    proven: exitCodes.good,
    affected: exitCodes.failed,
    failed: exitCodes.failed,
    undetermined: exitCodes.undetermined,
  }[outcome.state];
}

/** The running node is what a rollback is for; a gate that stopped has switched nothing. */
const asksForRollback = (reports: PhaseReport[]): boolean =>
  reports.some(({ name, state }) => name === 'activate' && state !== 'left out') &&
  reports.some(({ name, state }) => name !== 'gate' && (state === 'affected' || state === 'failed'));

/** What the node does after a rollback, whatever it is: said, and never a success. */
async function probeAgain(host: Host, signal: AbortSignal): Promise<PhaseReport> {
  const started = Date.now();
  const fresh = signal.aborted ? new AbortController().signal : signal;
  const result = await probePhase(host, advisory, fresh, { examination: null }).run(() => {});
  return { name: 'probe', title: 'try the mount again', ...result, milliseconds: Date.now() - started };
}

const leftOut = (name: string, title: string, because: string): Phase => ({
  name,
  title,
  run: async () => ({ state: 'left out', because }),
});

/** --dry-run: each command and object, in order, and nothing else. */
function showPlan(
  { stdout }: Context,
  host: Host,
  { rebuild, smoke, skip }: { rebuild: RebuildOptions | null; smoke: SmokeOptions; skip: string[] },
): number {
  const commands: Command[] = rebuild ? rebuildCommands(rebuild, host.cwd) : [];
  if (!skip.includes('smoke')) commands.push(...smokePlan(smoke).commands);
  for (const command of commands) {
    stdout(`${printable(shellQuoted(command))}\n`);
    if (command.input !== undefined) stdout(`${printable(command.input)}\n`);
  }
  return exitCodes.good;
}
