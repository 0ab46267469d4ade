import { describe, expect, test } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { type Expectation, type Judgement, judgePods } from '../../src/smoke/judge-pods.ts';
import { newObserved, observe } from '../../src/smoke/observe.ts';
import { creating, eventLine, mkdirExists, podLine, prepare, run, waiting } from '../helpers/watch-lines.ts';

const expected: Expectation = { nodes: null, content: false, notReady: new Map() };

function judged(lines: string[], more: Partial<Expectation> = {}): Judgement {
  const observed = newObserved(run);
  for (const line of lines) observe(observed, line);
  return judgePods(observed, { ...expected, ...more }, advisory);
}

const configError = waiting('CreateContainerConfigError', prepare('configmap-file'));
const createError = waiting('CreateContainerError', mkdirExists('configmap-file'));
const proof = eventLine('configMap', mkdirExists('configmap-file'));
const likely = eventLine('configMap', `Error: ${prepare('configmap-file')}`);
const refusedMount = eventLine(
  'emptyDir',
  'Error: mount: wrong fs type, bad option, bad superblock on /proc/7/fd/9, missing codepage or helper program, or other error',
);

interface Case {
  title: string;
  lines: string[];
  more?: Partial<Expectation>;
  state: Judgement['state'];
  decided: boolean;
  because: RegExp;
}

const cases: Case[] = [
  {
    title: 'every container runs',
    lines: [podLine()],
    state: 'fixed',
    decided: true,
    because: /every subPath is mounted/,
  },
  {
    title: 'nothing has been seen',
    lines: [],
    state: 'undetermined',
    decided: false,
    because: /no pod has been seen/,
  },
  {
    title: 'the message is in the status',
    lines: [podLine({ configMap: createError })],
    state: 'affected',
    decided: true,
    because: /^node one: configmap-file: mkdir \S+\/volume-subpaths\/\S+: file exists/,
  },
  {
    title: 'the message was in the status, and is no more',
    lines: [podLine({ configMap: createError }), podLine({ configMap: configError })],
    state: 'affected',
    decided: true,
    because: /file exists/,
  },
  {
    title: 'the message is in an event alone',
    lines: [proof, podLine({ configMap: configError })],
    state: 'affected',
    decided: true,
    because: /file exists/,
  },
  {
    title: 'the words of mount are in an event',
    lines: [podLine({ emptyDir: configError }), refusedMount],
    state: 'affected',
    decided: true,
    because: /wrong fs type/,
  },
  {
    title: 'the proof is in, whatever runs now',
    lines: [proof, podLine()],
    state: 'affected',
    decided: true,
    because: /file exists/,
  },
  {
    title: 'a case could not be prepared, which alone is no proof',
    lines: [podLine({ configMap: configError }), likely],
    state: 'undetermined',
    decided: false,
    because: /other causes look the same/,
  },
  {
    title: 'the reported words of one build alone',
    lines: [
      podLine({
        configMap: waiting('CreateContainerConfigError', 'move_mount() failed: No such file or directory'),
      }),
    ],
    state: 'undetermined',
    decided: false,
    because: /other causes look the same/,
  },
  {
    title: 'the proof is in, but the control does not run',
    lines: [proof, podLine({ control: creating, configMap: configError })],
    state: 'undetermined',
    decided: false,
    because: /the control does not run .* file exists/,
  },
  {
    title: 'the control alone does not run',
    lines: [podLine({ control: creating })],
    state: 'undetermined',
    decided: false,
    because: /the control does not run/,
  },
  {
    title: 'the control has no status',
    lines: [podLine({ control: null })],
    state: 'undetermined',
    decided: false,
    because: /the control does not run/,
  },
  {
    title: 'a case has no status',
    lines: [podLine({ secret: null })],
    state: 'undetermined',
    decided: false,
    because: /secret-file: it has not started/,
  },
  {
    title: 'another pod says the proof',
    lines: [podLine({ configMap: configError }), eventLine('configMap', mkdirExists('c'), { uid: 'other' })],
    state: 'undetermined',
    decided: false,
    because: /other causes look the same/,
  },
  {
    title: 'a stranger says the proof',
    lines: [
      podLine({ configMap: configError }),
      eventLine('configMap', mkdirExists('c'), { component: 'somebody' }),
    ],
    state: 'undetermined',
    decided: false,
    because: /other causes look the same/,
  },
  {
    title: 'the words are said of the control',
    lines: [podLine(), eventLine('control', mkdirExists('control'))],
    state: 'fixed',
    decided: true,
    because: /every subPath/,
  },
  {
    title: 'the image is being pulled again',
    lines: [podLine({ control: waiting('ErrImagePull', 'not found') })],
    state: 'undetermined',
    decided: false,
    because: /image could not be pulled: ErrImagePull not found/,
  },
  {
    title: 'the image cannot be pulled',
    lines: [podLine({ control: waiting('ImagePullBackOff', 'Back-off') })],
    state: 'undetermined',
    decided: true,
    because: /ImagePullBackOff/,
  },
  {
    title: 'no scheduler has picked it up',
    lines: [podLine({}, { node: null, status: { startTime: null, containerStatuses: [] } })],
    state: 'undetermined',
    decided: false,
    because: /no scheduler/,
  },
  {
    title: 'no node fits',
    lines: [
      podLine(
        {},
        {
          node: null,
          status: {
            startTime: null,
            containerStatuses: [],
            conditions: [
              {
                type: 'PodScheduled',
                status: 'False',
                reason: 'Unschedulable',
                message: '0/1 nodes are available',
              },
            ],
          },
        },
      ),
    ],
    state: 'undetermined',
    decided: true,
    because: /cannot be scheduled: 0\/1 nodes/,
  },
  {
    title: 'kubelet is silent',
    lines: [podLine({}, { status: { startTime: null, containerStatuses: [] } })],
    state: 'undetermined',
    decided: false,
    because: /has not picked up the pod/,
  },
  {
    title: 'kubelet is silent on a node that is not Ready',
    lines: [podLine({}, { status: { startTime: null, containerStatuses: [] } })],
    more: { notReady: new Map([['one', 'Kubelet stopped posting']]) },
    state: 'undetermined',
    decided: false,
    because: /not Ready: Kubelet stopped posting/,
  },
  {
    title: 'kubelet does not admit the pod',
    lines: [
      podLine(
        {},
        { status: { phase: 'Failed', reason: 'OutOfcpu', message: 'not enough', containerStatuses: [] } },
      ),
    ],
    state: 'undetermined',
    decided: true,
    because: /the pod has ended: OutOfcpu not enough/,
  },
  {
    title: 'the sandbox cannot be made',
    lines: [
      podLine(
        Object.fromEntries(
          ['control', 'configMap', 'secret', 'emptyDir', 'projected', 'subPathExpr'].map((name) => [
            name,
            creating,
          ]),
        ),
      ),
      eventLine(null, 'no network', { reason: 'FailedCreatePodSandBox' }),
    ],
    state: 'undetermined',
    decided: false,
    because: /FailedCreatePodSandBox: no network/,
  },
  {
    title: 'somebody deletes the pod',
    lines: [podLine({ configMap: creating }, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
    state: 'undetermined',
    decided: true,
    because: /somebody else is deleting/,
  },
  {
    title: 'a container has ended',
    lines: [podLine({ secret: { terminated: { exitCode: 0, reason: 'Completed' } } })],
    state: 'undetermined',
    decided: true,
    because: /secret-file: it ended by itself: exit 0 Completed/,
  },
  {
    title: 'all run with a runtime that was not measured',
    lines: [podLine({}, { runtime: 'cri-o' })],
    state: 'undetermined',
    decided: true,
    because: /proves nothing with cri-o/,
  },
  {
    title: 'and their content is right',
    lines: [podLine({}, { runtime: 'cri-o' })],
    more: { content: true },
    state: 'fixed',
    decided: true,
    because: /every subPath/,
  },
  {
    title: 'the content has not been compared',
    lines: [podLine({}, { ready: false })],
    more: { content: true },
    state: 'undetermined',
    decided: false,
    because: /has not reported yet/,
  },
  {
    title: 'the content is another',
    lines: [
      podLine({}, { ready: false }),
      eventLine('secret', 'Readiness probe failed: read from /mounted: x', { reason: 'Unhealthy' }),
    ],
    more: { content: true },
    state: 'undetermined',
    decided: false,
    because: /control does not run/,
  },
  {
    title: 'a quota refuses the pods of a DaemonSet',
    lines: [
      eventLine(null, 'pods "x" is forbidden: exceeded quota', {
        kind: 'DaemonSet',
        component: 'daemonset-controller',
        reason: 'FailedCreate',
      }),
    ],
    state: 'undetermined',
    decided: true,
    because: /exceeded quota/,
  },
  {
    title: 'the service account of a new namespace is not there yet',
    lines: [
      eventLine(null, 'error looking up service account: serviceaccount "default" not found', {
        kind: 'DaemonSet',
        component: 'daemonset-controller',
        reason: 'FailedCreate',
      }),
      podLine(),
    ],
    state: 'fixed',
    decided: true,
    because: /every subPath/,
  },
  {
    title: 'a node of several has no pod',
    lines: [podLine()],
    more: { nodes: ['one', 'two'] },
    state: 'undetermined',
    decided: false,
    because: /^node two: no pod has arrived/,
  },
  {
    title: 'a node of several is not Ready',
    lines: [podLine()],
    more: { nodes: ['one', 'two'], notReady: new Map([['two', 'gone']]) },
    state: 'undetermined',
    decided: true,
    because: /^node two: it is not Ready: gone/,
  },
  {
    title: 'one node of two is affected',
    lines: [podLine(), podLine({ configMap: createError }, { uid: 'second', node: 'two' })],
    more: { nodes: ['one', 'two'] },
    state: 'affected',
    decided: true,
    because: /^node two: configmap-file/,
  },
];

test.each(cases)('$state when $title', ({ lines, more, state, decided, because }) => {
  const judgement = judged(lines, more);
  expect(judgement).toMatchObject({ state, decided });
  expect(judgement.because).toMatch(because);
});

test('no cut of a watch makes a fixed of what is not', () => {
  const lines = [podLine({ configMap: createError }), podLine({ configMap: configError }), proof];
  for (const line of lines) {
    for (let length = 0; length < line.length; length += 7) {
      expect(judged([line.slice(0, length)]).state).toBe('undetermined');
    }
  }
});

describe('what is no pod changes nothing', () => {
  const hostile = [
    'null',
    '[]',
    '"text"',
    '{}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":{"kind":"Pod"}}',
    '{"type":"ADDED","object":{"kind":"Pod","metadata":[]}}',
    '{"type":"ADDED","object":{"kind":"Event","involvedObject":7}}',
    `{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"${run}","uid":7}}}`,
  ];
  test.each(hostile)('%s', (line) => {
    expect(judged([line])).toMatchObject({ state: 'undetermined', nodes: [] });
  });

  test('a status of the wrong types', () => {
    const status = {
      phase: 7,
      containerStatuses: [null, 7, { name: 'control', state: 'running' }, { name: 'control' }],
    };
    expect(judged([podLine({}, { status })]).state).toBe('undetermined');
  });
});

test('an error of the watch asks for another', () => {
  const line = '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}';
  expect(observe(newObserved(run), line)).toEqual({ broken: true });
  expect(observe(newObserved(run), podLine())).toEqual({ broken: false });
});

test('words from outside are cut, and hold no control characters', () => {
  const evil = `\u001b[31m${'x'.repeat(100_000)}`;
  const { because, nodes } = judged([podLine({ configMap: waiting('CreateContainerError', evil) })]);
  const all = JSON.stringify([because, nodes]);
  expect(all).not.toContain('\\u001b');
  expect(all.length).toBeLessThan(3000);
});

test('of a case that only could not be prepared, the signature is told', () => {
  const [node] = judged([podLine({ configMap: configError })]).nodes;
  expect(node?.containers[1]).toMatchObject({
    name: 'configmap-file',
    state: 'other-failure',
    signature: 'prepare-subpath',
  });
});
