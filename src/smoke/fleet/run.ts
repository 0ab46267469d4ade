/** Tests all nodes, some at a time: each as soon as it is its turn, whatever becomes of the others. */
import { ask } from '../../cluster/kubectl.ts';
import { nodesWith } from '../../cluster/nodes.ts';
import { isStarting } from '../../cluster/starting.ts';
import { clip } from '../../text/clip.ts';
import { create } from '../create.ts';
import { beginWatches, type Plan, type SmokeRun, type Watches } from '../observation.ts';
import type { Observed } from '../observe.ts';
import type { SmokeVerdict } from '../result.ts';
import { judgeTurns } from './judge-turns.ts';
import { standingResults } from './kept.ts';
import {
  beginTurns,
  nextTurns,
  observeNode,
  type Rollout,
  settle,
  settleRest,
  verdictOf,
} from './rollout.ts';
import { turnCall } from './turn.ts';

const limits = { timeoutMs: 10_000 };
const againMs = 500;
/** A list is not changed for each node that ends: only for a part of the turns, or after this time. */
const partOfTurns = 4;
const gatherMs = 15_000;
/** A watch that is given up by nobody ends after this time, and begins again. */
const mostWatchMs = 3_600_000;

/** The watches have begun before the first pod; everything that they say is in the rollout. */
export async function runFleet(
  run: SmokeRun,
  plan: Plan,
  observed: Observed,
  rollout: Rollout,
  end: AbortSignal,
): Promise<SmokeVerdict> {
  const { host, signal, onStep, target } = run;
  const watches = beginWatches(run, observed, mostWatchMs, end, [
    {
      path: nodesWith(plan.selector),
      resourceVersion: plan.resourceVersion,
      onLine: (line) => observeNode(rollout, line),
    },
  ]);
  if (plan.resume) await takeOver(run, plan, rollout);
  const first = nextTurns(rollout, plan.jobs);
  const begun =
    first.length === 0 ? null : await create({ ...run, target: { ...target, where: { nodes: first } } });
  let stop: string | null = begun && 'refused' in begun ? begun.refused : null;
  if (begun && 'owner' in begun) {
    beginTurns(rollout, first, host.monotonic());
    stop = await takeTurns(run, plan, { observed, rollout, watches, owner: begun.owner, listed: first });
  }
  if (signal.aborted) stop = 'interrupted';
  settleRest(rollout, stop ?? 'it has not had its turn');
  onStep({ code: 'turn', text: turnText(rollout) });
  const nodes = [...rollout.members.values()].flatMap(({ result }) => result ?? []);
  return { ...verdictOf(rollout), nodes };
}

/** What an earlier run has found out, and what nothing has changed about since. */
async function takeOver(run: SmokeRun, { nodes }: Plan, rollout: Rollout): Promise<void> {
  const { results, why } = await standingResults(run, nodes);
  for (const { name, uid } of nodes) {
    const kept = results.get(uid);
    if (!kept) continue;
    const { state, because, at } = kept;
    settle(rollout, name, { state, because, testedAt: new Date(at).toISOString() });
  }
  const text = `${results.size} of ${nodes.length} nodes have a result that still holds${why === null ? '' : `: ${why}`}`;
  run.onStep({ code: 'resumed', text });
}

const turnText = ({ members, open }: Rollout): string => {
  const done = [...members.values()].filter(({ result }) => result !== null).length;
  return `${done} of ${members.size} nodes have a result, ${open.size} have their turn`;
};

interface Turns {
  observed: Observed;
  rollout: Rollout;
  watches: Watches;
  /** the UID of the Job that owns the DaemonSet */
  owner: string;
  /** the nodes of which the DaemonSet has pods */
  listed: readonly string[];
}

/** @returns why the rest cannot have its turn; null if all that can have had it */
async function takeTurns(
  run: SmokeRun,
  { jobs, timeoutMs }: Plan,
  { observed, rollout, watches, owner, listed }: Turns,
): Promise<string | null> {
  const { host, kubectl, target, signal, onStep } = run;
  let there = [...listed];
  let changedAt = host.monotonic();
  let refused: string | null = null;
  for (;;) {
    watches.listen();
    const now = host.monotonic();
    judgeTurns(run, observed, rollout, timeoutMs, now, watches.error());
    if (signal.aborted) return 'interrupted';
    const { open, members } = rollout;
    if (observed.refused !== null && observed.pods.size === 0 && !hasResults(rollout, there)) {
      return `its pods cannot be created: ${clip(observed.refused)}`;
    }
    // Those whose turn it is go on, whatever becomes of the others.
    const next = refused === null ? nextTurns(rollout, jobs - open.size) : [];
    if (open.size === 0 && next.length === 0) return refused;
    const isWorthIt = open.size === 0 || next.length >= jobs / partOfTurns || now - changedAt > gatherMs;
    if (next.length > 0 && isWorthIt) {
      const kept = target.keep ? there.filter((name) => members.get(name)?.result?.state === 'affected') : [];
      const list = [...kept, ...open, ...next];
      const answer = await ask(host, kubectl, turnCall(target, list, owner), { ...limits, signal });
      if (answer.ok) {
        there = list;
        changedAt = host.monotonic();
        beginTurns(rollout, next, changedAt);
        onStep({ code: 'turn', text: turnText(rollout) });
        continue;
      }
      const mayCome = isStarting(answer) || answer.stopped === 'time';
      if (!mayCome) refused = `the DaemonSet cannot be changed: ${answer.words}`;
      if (now - changedAt > timeoutMs && open.size === 0)
        return `the API server stopped answering: ${answer.words}`;
      await host.pause(againMs, signal);
      continue;
    }
    await watches.change(1000);
  }
}

const hasResults = ({ members }: Rollout, names: readonly string[]): boolean =>
  names.some((name) => (members.get(name)?.result ?? null) !== null);
