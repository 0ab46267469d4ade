/** The verdicts on the nodes whose turn it is. */
import { clip } from '../../text/clip.ts';
import { type Judged, judgeNode, latestPods } from '../judge-pods.ts';
import { hasFailed } from '../left.ts';
import { completionMs, type SmokeRun } from '../observation.ts';
import type { Observed } from '../observe.ts';
import { type Member, type Rollout, settle } from './rollout.ts';

/**
 * Ends the turn of each node whose verdict is certain, or whose time is up.
 * @param timeoutMs for the pod to come, and then for its verdict
 * @param now by the monotonic clock
 * @param watchError why nothing more is heard; null if something is
 */
export function judgeTurns(
  { advisory, expected: { content } }: Pick<SmokeRun, 'advisory' | 'expected'>,
  observed: Observed,
  rollout: Rollout,
  timeoutMs: number,
  now: number,
  watchError: string | null,
): void {
  const latest = latestPods(observed, ({ node, meantFor }) => node ?? meantFor);
  for (const name of [...rollout.open]) {
    const member = rollout.members.get(name);
    if (!member) continue;
    const { notReady, created } = member.view;
    const newest = latest.get(name);
    // A pod that is older than its node was another machine's of that name.
    const pod = newest && newest.created >= created ? newest : undefined;
    const states = new Map(notReady === null ? [] : [[name, notReady]]);
    const judged = judgeNode(name, pod, observed, { notReady: states, content }, advisory);
    // Without a pod, nothing is certain before the time is up: what is not Ready now may soon be.
    if (pod && judged.decided) member.decided ??= now;
    const isComplete = judged.containers.every(({ state }) => state !== 'unknown');
    const isCertain = member.decided !== null && (isComplete || now - member.decided > completionMs);
    if (pod?.node && !member.hasPod) {
      Object.assign(member, { hasPod: true, since: now });
      rollout.arrivedAt = now;
    }
    // The controller makes some pods a second, as it is configured: as long as they come, others may.
    const from = member.hasPod ? member.since : Math.max(member.since ?? now, rollout.arrivedAt);
    const isLate = now - (from ?? now) >= timeoutMs;
    if (!isCertain && !isLate) continue;
    const { state, containers } = judged;
    const isOpenStill = !(pod && judged.decided) && state !== 'affected';
    const because = isOpenStill ? lateText(judged, observed, watchError, timeoutMs) : judged.because;
    settle(rollout, name, { state, containers, because: `${because}${otherMachine(judged, member)}` });
    if (pod && hasFailed(judged)) observed.failed.set(pod.uid, name);
    if (pod) forget(observed, pod.uid);
  }
}

function lateText(
  { because, containers }: Judged,
  { refused }: Observed,
  watchError: string | null,
  timeoutMs: number,
): string {
  if (watchError !== null) return `the API server stopped answering: ${watchError}; ${because}`;
  const why = containers.length === 0 && refused !== null ? `: it cannot be created: ${clip(refused)}` : '';
  return `no result within ${Math.round(timeoutMs / 1000)} s; ${because}${why}`;
}

/** As containerd and the kernel say it of an image that is not for this machine. */
const otherArchitecture =
  /no match for platform|no matching manifest|exec format error|StartError|it ended by itself/;

function otherMachine({ state, because }: Judged, { view }: Member): string {
  const { architecture } = view.hints;
  if (state !== 'undetermined' || architecture === undefined || !otherArchitecture.test(because)) return '';
  return `; is the image built for ${architecture}, which the node is?`;
}

/** What was said about a pod is of no use after its verdict. The pod itself may still be what holds a node. */
function forget({ notices }: Observed, podUid: string): void {
  for (const key of notices.keys()) if (key.startsWith(`${podUid}/`)) notices.delete(key);
}
