/** From what was observed to a result a container, a node, and for all: pure. */
import type { Advisory } from '../advisory/index.ts';
import type { PodView } from '../cluster/views.ts';
import { clip } from '../text/clip.ts';
import { caseNames } from './containers.ts';
import { type JudgedContainer, judgeContainer } from './judge-container.ts';
import type { Observed } from './observe.ts';
import type { NodeResult, SmokeState } from './result.ts';

export interface Expectation {
  /** nodes that a result is owed for; null: the one that the pod gets to */
  nodes: string[] | null;
  content: boolean;
  /** nodes that were not Ready at the start, and why */
  notReady: ReadonlyMap<string, string>;
}

export interface Judgement {
  state: SmokeState;
  because: string;
  nodes: NodeResult[];
  /** nothing that may still come would change the state */
  decided: boolean;
  /** every container of every node has been seen in a state that says something */
  complete: boolean;
}

type Judged = NodeResult & { decided: boolean };

/** The judgement of all nodes; decided once each of them is. */
export function judge(observed: Observed, expected: Expectation, advisory: Advisory): Judgement {
  if (observed.refused !== null) {
    const because = `its pods cannot be created: ${clip(observed.refused)}`;
    return { state: 'undetermined', because, nodes: [], decided: true, complete: true };
  }
  const byNode = new Map<string | null, PodView[]>();
  for (const pod of observed.pods.values()) byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
  const names =
    expected.nodes === null
      ? [...byNode.keys()]
      : [...new Set([...expected.nodes, ...[...byNode.keys()].filter((name) => name !== null)])];
  const judged = names.map((name) => judgeNode(name, byNode.get(name) ?? [], observed, expected, advisory));
  const nodes = judged.map(({ decided, ...node }) => node);
  return {
    ...overall(nodes),
    nodes,
    decided: judged.length > 0 && judged.every(({ decided }) => decided),
    complete: nodes.every(({ containers }) => containers.every(({ state }) => state !== 'unknown')),
  };
}

function overall(nodes: NodeResult[]): { state: SmokeState; because: string } {
  const of = (state: SmokeState): NodeResult[] => nodes.filter((node) => node.state === state);
  const worst = (['affected', 'undetermined', 'fixed'] as const).find((state) => of(state).length > 0);
  if (worst === undefined) return { state: 'undetermined', because: 'no pod has been seen' };
  const [first] = of(worst);
  const others = of(worst).length - 1;
  return {
    state: worst,
    because: `${first?.because ?? ''}${others > 0 ? ` (and ${others} more ${others === 1 ? 'node' : 'nodes'} ${worst})` : ''}`,
  };
}

function judgeNode(
  node: string | null,
  pods: PodView[],
  observed: Observed,
  expected: Expectation,
  advisory: Advisory,
): Judged {
  const notReady = node === null ? undefined : expected.notReady.get(node);
  const pod = pods.toSorted((one, other) => (one.created < other.created ? 1 : -1))[0];
  const because = (text: string): string => (node === null ? text : `node ${clip(node)}: ${text}`);
  if (!pod) {
    const why = notReady === undefined ? 'no pod has got there' : `it is not Ready: ${clip(notReady)}`;
    const decided = notReady !== undefined;
    return { node, state: 'undetermined', because: because(why), containers: [], decided };
  }
  const containers = caseNames.map((name) =>
    judgeContainer(name, pod, observed.said.get(pod.uid) ?? new Map(), expected.content, advisory),
  );
  const verdict = settle(pod, containers, observed, notReady);
  return {
    node,
    ...verdict,
    because: because(verdict.because),
    containers: containers.map(({ final, ...container }) => container),
  };
}

type Verdict = Pick<Judged, 'state' | 'because' | 'decided'>;

const undetermined = (because: string, decided: boolean): Verdict => ({
  state: 'undetermined',
  because,
  decided,
});

function settle(
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
  if (containers.length === caseNames.length && containers.every(({ state }) => state === 'running')) {
    return { state: 'fixed', because: 'every subPath is mounted and its container runs', decided: true };
  }
  const ended = pod.deleting || pod.reason !== '' ? undefined : containers.find(({ final }) => final);
  if (ended) return undetermined(`${ended.name}: ${ended.message}`, true);
  const blocked = blocker(pod, observed, notReady);
  if (blocked) return undetermined(blocked.because, blocked.decided);
  if (!control || !controlRuns) {
    const also = defect
      ? `, so that what ${defect.name} says is not held against anything: ${defect.message}`
      : '';
    const why = control?.message || 'it has not started';
    return undetermined(`the control does not run (${why})${also}`, false);
  }
  const failed = containers.find(({ state }) => state === 'other-failure');
  if (failed) {
    return undetermined(
      `${failed.name} failed, but not as this defect alone makes it fail: ${failed.message}`,
      false,
    );
  }
  const waiting = containers.find(({ state }) => state === 'unknown');
  return undetermined(`${waiting?.name}: ${waiting?.message || 'it has not started'}`, false);
}

/** What stands in the way of the whole pod. */
function blocker(
  pod: PodView,
  observed: Observed,
  notReady: string | undefined,
): { because: string; decided: boolean } | null {
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded') {
    return { because: `the pod has ended: ${clip(`${pod.reason} ${pod.message}`)}`, decided: true };
  }
  if (pod.deleting) return { because: 'somebody else deletes the pod', decided: true };
  if (pod.node === null) {
    if (pod.unschedulable !== null) {
      return { because: `the pod cannot be scheduled: ${clip(pod.unschedulable)}`, decided: true };
    }
    return {
      because: 'no scheduler has looked at the pod; name a node to go past the scheduler',
      decided: false,
    };
  }
  if (!pod.taken) {
    const state = notReady === undefined ? '' : `; the node is not Ready: ${clip(notReady)}`;
    return { because: `its kubelet has not taken up the pod: is it running?${state}`, decided: false };
  }
  const [said] = observed.said.get(pod.uid)?.get('') ?? [];
  if (
    said &&
    pod.containers.every(({ state, reason }) => state === 'waiting' && reason === 'ContainerCreating')
  ) {
    return { because: `the pod does not start: ${clip(`${said.reason}: ${said.message}`)}`, decided: false };
  }
  return null;
}
