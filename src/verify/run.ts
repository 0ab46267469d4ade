/** Runs the phases in order, and their undos in reverse. */
import type { Advisory } from '../advisory/index.ts';
import { exitCodes, UserError } from '../errors.ts';
import type { NodeExamination } from '../facts/node/examine.ts';
import { type Host, ReadError } from '../host/host.ts';
import type { SmokeResult } from '../smoke/result.ts';
import type { SmokeOptions } from '../smoke/target.ts';
import { type Advice, removeFix, securityFixes } from '../verdict/advice.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Phase, PhaseName, PhaseReport, PhaseResult, Progress } from './phase.ts';
import { activate, forget } from './phases/activate.ts';
import { gate } from './phases/gate.ts';
import { kubelet } from './phases/kubelet.ts';
import { leftovers } from './phases/leftovers.ts';
import { probe } from './phases/probe.ts';
import { discardBuild, rebuild } from './phases/rebuild.ts';
import { smoke } from './phases/smoke.ts';
import { armedRollback, disarm, renew } from './rollback.ts';
import { hasLostKubelet, notBack } from './settled.ts';
import type { RebuildOptions, Shared } from './shared.ts';
import { outcomeAfter, type ReasonToGoBack, reasonToGoBack } from './way-back.ts';

export interface VerifyRequest {
  /** null: there is nothing to rebuild */
  rebuild: RebuildOptions | null;
  /** return to the previous system if the defect is still there */
  rollback: boolean;
  smoke: SmokeOptions;
  skip: readonly PhaseName[];
}

export interface Ran {
  reports: PhaseReport[];
  /** the undos that were run, last phase first */
  undone: PhaseReport[];
  /** what the phases want done next */
  advice: Advice[];
}

export interface VerifyResult extends Ran {
  outcome: Outcome;
  smoke: SmokeResult | undefined;
  /** undefined if no phase needed it */
  examination: NodeExamination | undefined;
}

/** Proves the fix on a node. Never throws for what the node does: a phase that throws has failed. */
export async function verifyNode(
  host: Host,
  request: VerifyRequest,
  advisory: Advisory,
  signal: AbortSignal,
  progress: Progress,
): Promise<VerifyResult> {
  const remains = new Map<string, string>();
  const { smoke: smokeOptions, rollback: rollsBack } = request;
  const shared: Shared = { host, advisory, signal, smoke: smokeOptions, rollsBack, remains };
  shared.onNode = progress.node;
  progress.remains?.(() => [...remains.values()]);
  const armed = await armedRollback(host);
  let reason: ReasonToGoBack | null = null;
  let interrupted = false;
  const goesBack = async (reports: PhaseReport[]): Promise<boolean> => {
    if (shared.rollback) await renew(host, shared.rollback);
    const isLost = shared.rollback !== undefined && (await hasLostKubelet(shared));
    reason = reasonToGoBack(shared, reports) ?? (isLost ? 'no-kubelet' : null);
    // A signal that comes later finds the work done.
    interrupted = signal.aborted;
    if (!interrupted) progress.decided?.();
    return reason !== null;
  };
  const ran = await runPhases(phasesOf(request, shared), { host, progress, signal }, goesBack);
  const { reports, undone, advice } = ran;
  if (undone.length > 0) undone.push(await testAgain(shared, progress));
  if (!(await settle(shared)) && undone.length === 0) {
    reason = 'out-of-time';
    undone.push((await timed(lookAgain(shared), host, progress)).report);
  }
  const outcome = outcomeAfter(outcomeOf({ reports, undone }, interrupted), { reason, undone, armed });
  const { examination, smokeResult: smokeRun } = shared;
  if (outcome.state === 'proven') advice.push(...afterProof(examination, advisory));
  return { outcome, reports, undone, examination, smoke: smokeRun, advice };
}

function phasesOf({ rebuild: options, skip }: VerifyRequest, shared: Shared): Phase[] {
  const building = options ? [rebuild(shared, options), gate(shared)] : [];
  if (options && options.mode !== 'build') building.push(activate(shared, options));
  const all = [...building, kubelet(shared), probe(shared), smoke(shared), leftovers(shared)];
  return all.map((phase) => {
    const { name, title } = phase;
    const skipped = { state: 'skipped', because: `--skip ${name}` } as const;
    return skip.includes(name) ? { name, title, run: async () => skipped } : inTime(shared, phase);
  });
}

/** An armed rollback gives each phase the whole time. */
function inTime(shared: Shared, phase: Phase): Phase {
  const { host, remains } = shared;
  return {
    ...phase,
    async run(say) {
      if (shared.rollback) await renew(host, shared.rollback);
      if (phase.name === 'smoke')
        remains?.set('smoke', 'the pod and its namespace: the next run removes them');
      try {
        return await phase.run(say);
      } finally {
        remains?.delete('smoke');
      }
    },
  };
}

/**
 * Runs phases to the first barrier that does not pass, or to an interruption.
 * @param undoOn whether their reports call for undoing every phase that was begun
 */
export async function runPhases(
  phases: Phase[],
  { host, progress, signal }: { host: Pick<Host, 'monotonic'>; progress: Progress; signal: AbortSignal },
  undoOn: (reports: PhaseReport[]) => boolean | Promise<boolean>,
): Promise<Ran> {
  const ran: Ran = { reports: [], undone: [], advice: [] };
  const begun: Phase[] = [];
  for (const phase of phases) {
    if (signal.aborted) break;
    begun.unshift(phase);
    const { report, next } = await timed(phase, host, progress);
    ran.reports.push(report);
    if (next) ran.advice.push(next);
    if (phase.barrier && report.state !== 'passed' && report.state !== 'skipped') break;
  }
  if (!(await undoOn(ran.reports))) return ran;
  for (const { name, title, undo } of begun) {
    if (!undo) continue;
    const { report } = await timed({ name, title: `undo: ${title}`, run: undo }, host, progress);
    ran.undone.push(report);
  }
  return ran;
}

async function timed(
  { name, title, run }: Pick<Phase, 'name' | 'title' | 'run'>,
  host: Pick<Host, 'monotonic'>,
  progress: Progress,
): Promise<{ report: PhaseReport; next: Advice | undefined }> {
  progress.started({ name, title });
  const started = host.monotonic();
  const { next, ...result } = await run(progress.update).catch(
    (error: unknown): PhaseResult => ({ state: stateAfter(name, error), because: (error as Error).message }),
  );
  const report = { name, title, ...result, milliseconds: Math.round(host.monotonic() - started) };
  progress.ended(report);
  return { report, next };
}

/** What only looks at the node, and cannot, has not failed: missing evidence is no reason to go back. */
function stateAfter(name: PhaseName, error: unknown): 'failed' | 'undetermined' {
  const changes = name === 'rebuild' || name === 'activate';
  const isUnread =
    error instanceof ReadError || (error instanceof UserError && error.exitCode === exitCodes.undetermined);
  return isUnread && !changes ? 'undetermined' : 'failed';
}

/** Tests the node after a rollback: reported, and never a success. */
async function testAgain(shared: Shared, progress: Progress): Promise<PhaseReport> {
  const signal = shared.signal.aborted ? new AbortController().signal : shared.signal;
  const again = probe({ ...shared, signal, examination: undefined });
  return (await timed({ ...again, title: 'test the mount again' }, shared.host, progress)).report;
}

/** Removes everything that serves the run alone. @returns false if an armed rollback had begun by itself */
async function settle(shared: Shared): Promise<boolean> {
  const inTime = shared.rollback ? await disarm(shared.host, shared.rollback) : true;
  shared.remains?.delete('rollback');
  await discardBuild(shared);
  await forget(shared);
  return inTime;
}

const lookAgain = (shared: Shared): Pick<Phase, 'name' | 'title' | 'run'> => ({
  name: 'activate',
  title: 'undo: the rollback that was armed',
  run: async () => {
    const fault = await notBack(shared);
    if (fault !== null) return { state: 'failed', because: fault };
    return { state: 'passed', because: `its time was up: back to ${shared.before?.running}` };
  },
});

/** What is left to do once the fix is proven. */
function afterProof(examination: NodeExamination | undefined, advisory: Advisory): Advice[] {
  if (!examination) return [];
  return [removeFix(examination.facts), ...securityFixes(examination.facts, advisory)];
}
