/** Which results of an earlier run hold: of the same machine, with the same kubelet, and of the last hour. */
import { expect, test } from 'vitest';
import { type NodeView, nodeView } from '../../src/cluster/views.ts';
import { keeper, standingResults } from '../../src/smoke/fleet/kept.ts';
import { beginTurns, newRollout, settle } from '../../src/smoke/fleet/rollout.ts';
import { fakeHost } from '../helpers/fake-host.ts';

const kubectl = { file: '/bin/kubectl', args: [], env: {} };
const target = { own: true, namespace: 'subpathfix-0123456789' };

function view(info: object = {}, uid = 'u'): NodeView {
  const nodeInfo = {
    bootID: 'boot',
    kubeletVersion: 'v1.32.4',
    containerRuntimeVersion: 'containerd://1.7.27',
    operatingSystem: 'linux',
    ...info,
  };
  return nodeView({ metadata: { name: 'one', uid }, status: { nodeInfo } }) as NodeView;
}

interface Case {
  later?: NodeView;
  /** ms between the result and the question */
  age?: number;
  state?: 'fixed' | 'affected' | 'undetermined';
  /** when kubelet was started, in ms after the result; null: the events cannot be read */
  started?: number | null;
  distrusted?: true;
}

const minutes = 60_000;
test.each<[string, Case, boolean]>([
  ['nothing has changed', {}, true],
  ['it was affected', { state: 'affected' }, true],
  ['there was no result', { state: 'undetermined' }, false],
  ['another machine has its name', { later: view({}, 'v') }, false],
  ['it was booted', { later: view({ bootID: 'next' }) }, false],
  ['kubelet has another version', { later: view({ kubeletVersion: 'v1.33.0' }) }, false],
  [
    'the runtime has another version',
    { later: view({ containerRuntimeVersion: 'containerd://2.0.0' }) },
    false,
  ],
  ['kubelet was started before', { started: -10 * minutes }, true],
  ['kubelet was started afterwards', { started: 5 * minutes }, false],
  ['kubelet may have been started afterwards, by another clock', { started: -minutes }, false],
  ['it cannot be told whether kubelet was started', { started: null }, false],
  ['it is almost an hour old', { age: 59 * minutes }, true],
  ['it is older than the events of a cluster', { age: 61 * minutes }, false],
  ['it comes from the future', { age: -minutes }, false],
  ['somebody else could have written it', { distrusted: true }, false],
])(
  '%s',
  async (_, {
    later = view(),
    age = minutes,
    state = 'fixed',
    started = -60 * minutes,
    distrusted,
  }, holds) => {
    let startedAt: string | null = null;
    const host = fakeHost({
      env: { HOME: '/home/me' },
      directories: ['/home/me'],
      run: ({ args }) => {
        if (args.some((each) => each.includes('/configmaps'))) return { writes: ['{"items":[]}\n'] };
        if (startedAt === null) return { exitCode: 1, writes: [{ error: 'forbidden' }] };
        const event = {
          involvedObject: { kind: 'Node', name: 'one' },
          reason: 'Starting',
          lastTimestamp: startedAt,
        };
        return { writes: [`${JSON.stringify({ items: [event] })}\n`] };
      },
    });
    const rollout = newRollout([view()], (member) => results.add(member));
    const results = await keeper({ host, kubectl, target }, (why) => expect.fail(why));
    beginTurns(rollout, ['one'], 0);
    settle(rollout, 'one', { state, because: 'shown' });
    await results.end(false);
    const at = host.now();
    startedAt = started === null ? null : new Date(at + started).toISOString();
    const asked = {
      ...host,
      now: () => at + age,
      distrust: async () => (distrusted ? { path: '/home', why: 'others can write' } : null),
    };
    const found = await standingResults({ host: asked as never, kubectl, target }, [later]);
    expect([...found.results.keys()]).toEqual(holds ? ['u'] : []);
  },
);

test('with every result certain, nothing is kept', async () => {
  const run = () => ({ writes: ['{"items":[]}\n'] });
  const host = fakeHost({ isRoot: true, directories: ['/var/lib'], run });
  const results = await keeper({ host, kubectl, target }, (why) => expect.fail(why));
  const rollout = newRollout([view()], (member) => results.add(member));
  settle(rollout, 'one', { state: 'fixed', because: 'shown' });
  await results.end(false);
  const [name = ''] = await host.readDirectory('/var/lib/subpathfix');
  expect(name).toMatch(/^nodes-[0-9a-f]{12}\.json$/);
  await results.end(true);
  await expect(host.readText(`/var/lib/subpathfix/${name}`, 1000)).rejects.toThrow('ENOENT');
});
