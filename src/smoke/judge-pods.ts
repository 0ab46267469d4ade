/** The results for each container, each node, and all together. Pure. */
import type { Advisory } from '../advisory/index.ts';
import type { PodView } from '../cluster/views.ts';
import { clip } from '../text/clip.ts';
import { caseNames, containerNames } from './containers.ts';
import { type JudgedContainer, judgeContainer } from './judge-container.ts';
import { noticesOf, type Observed } from './observe.ts';
import type { NodeResult, SmokeState, SmokeVerdict } from './result.ts';

export interface Expectation {
  /** nodes that need a result; null: the one that the pod is scheduled to */
  nodes: string[] | null;
  content: boolean;
  /** nodes that were not Ready at the start, and why */
  notReady: ReadonlyMap<string, string>;
}

export interface Judgement extends Pick<SmokeVerdict, 'state' | 'because' | 'nodes'> {
  /** nothing that may still happen would change the state */
  decided: boolean;
  /** every container of every node has a conclusive state */
  complete: boolean;
}

/** decided: nothing that may still happen would change it */
type Verdict = { state: SmokeState; because: string; decided: boolean };
export type Judged = Pick<NodeResult, 'node' | 'containers'> & Verdict;

const undetermined = (because: string, decided = false): Verdict => ({
  state: 'undetermined',
  because,
  decided,
});

/** The verdict on the nodes; decided once each of them is. */
export function judgePods(observed: Observed, expected: Expectation, advisory: Advisory): Judgement {
  if (observed.refused !== null) {
    const verdict = undetermined(`its pods cannot be created: ${clip(observed.refused)}`, true);
    return { ...verdict, nodes: [], complete: true };
  }
  const latest = latestPods(observed, ({ node }) => node);
  const seen = [...latest.keys()];
  const names = expected.nodes ? [...expected.nodes, ...seen.filter((name) => name !== null)] : seen;
  const judged = [...new Set(names)].map((name) => {
    const found = judgeNode(name, latest.get(name), observed, expected, advisory);
    return name === null ? found : { ...found, because: `node ${clip(name)}: ${found.because}` };
  });
  const nodes = judged.map(({ decided, ...node }) => node);
  return {
    ...overall(nodes),
    nodes,
    decided: judged.length > 0 && judged.every(({ decided }) => decided),
    complete: nodes.every(({ containers }) => containers.every(({ state }) => state !== 'unknown')),
  };
}

/** The last pod of each node. @param nodeOf a pod */
export function latestPods(
  { pods }: Pick<Observed, 'pods'>,
  nodeOf: (pod: PodView) => string | null,
): Map<string | null, PodView> {
  const latest = new Map<string | null, PodView>();
  for (const pod of pods.values()) {
    const other = latest.get(nodeOf(pod));
    if (!other || other.created <= pod.created) latest.set(nodeOf(pod), pod);
  }
  return latest;
}

/** The worst of all. */
export function overall(
  nodes: readonly Pick<Verdict, 'state' | 'because'>[],
): Pick<Verdict, 'state' | 'because'> {
  const worstFirst: SmokeState[] = ['affected', 'undetermined', 'fixed'];
  const worst = worstFirst.find((each) => nodes.some(({ state }) => state === each));
  const [first, ...others] = nodes.filter(({ state }) => state === worst);
  if (!first) return { state: 'undetermined', because: 'no pod has been seen' };
  const { state, because } = first;
  if (others.length === 0) return { state, because };
  const more = `${others.length} more ${others.length === 1 ? 'node' : 'nodes'}`;
  return { state, because: `${because} (and ${more} ${state})` };
}

/** The verdict on a node, by its pod if there is one. */
export function judgeNode(
  node: string | null,
  pod: PodView | undefined,
  observed: Observed,
  { notReady: all, content }: Pick<Expectation, 'notReady' | 'content'>,
  advisory: Advisory,
): Judged {
  const notReady = node === null ? undefined : all.get(node);
  const containers = !pod
    ? []
    : caseNames.map((name) =>
        judgeContainer(name, pod, noticesOf(observed, pod.uid, containerNames[name]), content, advisory),
      );
  const absent = notReady === undefined ? 'no pod has arrived' : `it is not Ready: ${clip(notReady)}`;
  const verdict = pod
    ? podVerdict(pod, containers, observed, notReady)
    : undetermined(absent, notReady !== undefined);
  return {
    node,
    ...verdict,
    containers: containers.map(({ final, ...container }) => container),
  };
}

function podVerdict(
  pod: PodView,
  containers: JudgedContainer[],
  observed: Observed,
  notReady: string | undefined,
): Verdict {
  const control = containers.find(({ case: name }) => name === 'control');
  const controlRuns = control?.state === 'running';
  const defects = containers.filter(({ state }) => state === 'defect');
  const [defect] = defects;
  if (defect && controlRuns) {
    const names = defects.map(({ name }) => name).join(', ');
    const because = `${names}: ${defect.message}; the control, a volume mounted whole, runs`;
    return { state: 'affected', because, decided: true };
  }
  if (containers.every(({ state }) => state === 'running')) {
    return { state: 'fixed', because: 'every subPath is mounted and its container runs', decided: true };
  }
  const ended = pod.deleting || pod.reason !== '' ? undefined : containers.find(({ final }) => final);
  if (ended) return undetermined(`${ended.name}: ${ended.message}`, true);
  const blocked = blocker(pod, observed, notReady);
  if (blocked) return blocked;
  if (!controlRuns) {
    const also = defect ? `, so what ${defect.name} says proves nothing: ${defect.message}` : '';
    return undetermined(`the control does not run (${control?.message || 'it has not started'})${also}`);
  }
  const failed = containers.find(({ state }) => state === 'other-failure');
  if (failed) return undetermined(`${failed.name} failed, but other causes look the same: ${failed.message}`);
  const waiting = containers.find(({ state }) => state === 'unknown');
  return undetermined(`${waiting?.name}: ${waiting?.message || 'it has not started'}`);
}

/** What keeps the whole pod from starting. */
function blocker(pod: PodView, observed: Observed, notReady: string | undefined): Verdict | null {
  const { phase, node, unschedulable, containers } = pod;
  if (phase === 'Failed' || phase === 'Succeeded')
    return undetermined(`the pod has ended: ${clip(`${pod.reason} ${pod.message}`)}`, true);
  if (pod.deleting) return undetermined('somebody else is deleting the pod', true);
  if (node === null) {
    return unschedulable === null
      ? undetermined('no scheduler has picked up the pod; give --node to bypass the scheduler')
      : undetermined(`the pod cannot be scheduled: ${clip(unschedulable)}`, true);
  }
  if (!pod.taken) {
    const state = notReady === undefined ? '' : `; the node is not Ready: ${clip(notReady)}`;
    return undetermined(`its kubelet has not picked up the pod; is it running?${state}`);
  }
  const [notice] = noticesOf(observed, pod.uid, '');
  const creating = containers.every(
    ({ state, reason }) => state === 'waiting' && reason === 'ContainerCreating',
  );
  return notice && creating
    ? undetermined(`the pod does not start: ${clip(`${notice.reason}: ${notice.message}`)}`)
    : null;
}
