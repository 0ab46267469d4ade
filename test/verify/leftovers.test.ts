/** What verify says about leftovers, and that a fix that works is told with the pods that they hold. */
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { known } from '../../src/facts/fact.ts';
import type { NodeExamination } from '../../src/facts/node/examine.ts';
import { verifyDocument } from '../../src/report/documents/verify.ts';
import { heldPods } from '../../src/verdict/leftovers.ts';
import { outcomeOf } from '../../src/verify/outcome.ts';
import type { PhaseReport } from '../../src/verify/phase.ts';
import { leftovers } from '../../src/verify/phases/leftovers.ts';
import type { Shared } from '../../src/verify/shared.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';
import { proc } from '../helpers/running.ts';

const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const leftover = (id: number, pod: string): string =>
  `${id} 30 0:21 /812/fd/31//deleted /var/lib/kubelet/pods/${pod}/volume-subpaths/v/c/0 rw shared:2 - proc proc rw\n`;

const kubectl = (lines: string): Machine => ({
  programs: ['/bin/kubectl'],
  env: { PATH: '/bin', KUBECONFIG: '/config' },
  run: ({ args }) => (args.includes('pods') ? { writes: [lines] } : undefined),
});
const podLine = (uid: string, name: string, phase: string, deleted = ''): string =>
  `${uid}\t\tmine\t${name}\t${deleted}\t${phase}\n`;

function look(table: string, machine: Machine = {}, tested: 'affected' | 'fixed' = 'fixed') {
  // Its own mount namespace is the machine's.
  const { files, links } = proc([]);
  const all = { ...files, '/proc/self/mountinfo': table };
  const host = fakeHost({ ...machine, files: all, links: { ...links, ...machine.links } });
  const probe = known({ state: tested, mount: '/m', failed: [], forceMount2: null }, 'a test');
  const examination = { facts: { probe } } as unknown as NodeExamination;
  const signal = new AbortController().signal;
  const shared = { host, advisory, signal, smoke: {}, examination } as unknown as Shared;
  return leftovers(shared).run(() => {});
}

describe('the phase', () => {
  it.each<[title: string, table: string, machine: Machine, held: string[] | undefined, because: RegExp]>([
    ['nothing', parent, {}, undefined, /^no mount of the defect is left$/],
    [
      'a pod that hangs, by name',
      parent + leftover(40, 'u1'),
      kubectl(podLine('u1', 'a', 'Pending')),
      ['mine/a'],
      /^1 pod is held by mounts that the defect made, in 1 directory$/,
    ],
    [
      'pods that the cluster does not know, by UID',
      parent + leftover(40, 'u2') + leftover(41, 'u1'),
      {},
      ['u1', 'u2'],
      /^2 pods are held by mounts that the defect made, in 2 directories$/,
    ],
  ])('%s', async (_title, table, machine, held, because) => {
    const result = await look(table, machine);
    expect(result).toMatchObject({ state: 'passed', because: expect.stringMatching(because) });
    expect(result.held).toEqual(held);
    expect(result.next?.command).toBe(held ? 'sudo subpathfix sweep --apply' : undefined);
  });

  it('does not conclude from one look while kubelet leaves more', async () => {
    expect(await look(parent, {}, 'affected')).toMatchObject({
      state: 'undetermined',
      because: expect.stringMatching(/^none at the moment, which proves nothing/),
    });
  });
});

const stale = { stale: true, kubeletAlive: false, mountedAt: null };
const valid = { stale: false, kubeletAlive: true, mountedAt: null };
const pod = (name: string, phase: string, deleting = false) => ({ namespace: 'n', name, phase, deleting });
it.each([
  ['none', [], new Map(), []],
  [
    'a stale one of a running pod',
    [{ podUid: 'u', states: [stale] }],
    new Map([['u', pod('a', 'Running')]]),
    ['n/a'],
  ],
  [
    'a valid one of a running pod',
    [{ podUid: 'u', states: [valid] }],
    new Map([['u', pod('a', 'Running')]]),
    [],
  ],
  [
    'a valid one of a pod that ends',
    [{ podUid: 'u', states: [valid] }],
    new Map([['u', pod('a', 'Running', true)]]),
    ['n/a'],
  ],
  [
    'a valid one of a pending pod',
    [{ podUid: 'u', states: [valid] }],
    new Map([['u', pod('a', 'Pending')]]),
    ['n/a'],
  ],
  ['a valid one of an unknown pod', [{ podUid: 'u', states: [valid] }], new Map(), ['u']],
  [
    'two of one pod',
    [
      { podUid: 'u', states: [stale] },
      { podUid: 'u', states: [stale, valid] },
    ],
    new Map(),
    ['u'],
  ],
])('%s', (_title, directories, pods, held) => {
  expect(heldPods(directories, pods)).toEqual(held);
});

describe('the outcome', () => {
  const phase = (name: PhaseReport['name'], more: Partial<PhaseReport> = {}): PhaseReport => ({
    ...{ name, title: name, state: 'passed', because: `${name} passed`, milliseconds: 1 },
    ...more,
  });
  const document = (reports: PhaseReport[]) => {
    const ran = { reports, undone: [], advice: [], examination: undefined, smoke: undefined };
    const outcome = outcomeOf(ran, false);
    return verifyDocument({ ...ran, outcome, version: '0', advisory: 'a', node: 'n' });
  };
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n/p${index}`);

  it.each<[held: string[] | undefined, headline: string]>([
    [undefined, 'fixed, and proven'],
    [[], 'fixed, and proven'],
    [['n/a'], 'fixed; 1 pod is held by leftovers: n/a'],
    [names(2), 'fixed; 2 pods are held by leftovers: n/p0, n/p1'],
    [names(7), 'fixed; 7 pods are held by leftovers: n/p0, n/p1, n/p2, n/p3, n/p4 and 2 more'],
  ])('with %j: %s', (held, headline) => {
    const made = document([phase('probe'), phase('leftovers', held ? { held } : {})]);
    expect(made).toMatchObject({ headline, outcome: 'good', exitCode: 0, message: 'probe passed' });
  });

  it('that is not proven does not begin with pods', () => {
    const made = document([phase('probe', { state: 'affected' }), phase('leftovers', { held: ['n/a'] })]);
    expect(made).toMatchObject({ headline: 'the defect is still there', exitCode: 4 });
  });

  it.each([
    ['not-in-effect', 'the defect is still there until kubelet is restarted'],
    ['lost-at-restart', "fixed, but only until kubelet's next restart"],
  ] as const)('%s: %s', (state, headline) => {
    const made = document([phase('kubelet', { state }), phase('probe')]);
    expect(made).toMatchObject({ headline, outcome: 'bad', exitCode: 4 });
  });
});
