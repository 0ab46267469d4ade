import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { parseVersion } from '../../src/advisory/version.ts';
import { exitCodes, UserError } from '../../src/errors.ts';
import { known, unknown } from '../../src/facts/fact.ts';
import type { NodeExamination } from '../../src/facts/node/examine.ts';
import { ReadError } from '../../src/host/host.ts';
import { outcomeOf } from '../../src/verify/outcome.ts';
import type { Phase, PhaseName, PhaseReport, PhaseState, Progress } from '../../src/verify/phase.ts';
import { kubelet } from '../../src/verify/phases/kubelet.ts';
import { probe } from '../../src/verify/phases/probe.ts';
import { smoke } from '../../src/verify/phases/smoke.ts';
import { runPhases } from '../../src/verify/run.ts';
import type { Shared } from '../../src/verify/shared.ts';
import { facts } from '../helpers/facts.ts';
import { type FakeHost, fakeHost } from '../helpers/fake-host.ts';

const quiet: Progress = { started: () => {}, update: () => {}, ended: () => {} };

/** Phases that end as they are told, and the order in which things happened. */
function given(states: [name: PhaseName, state: PhaseState | 'throws', barrier?: boolean][]): {
  phases: Phase[];
  happened: string[];
} {
  const happened: string[] = [];
  const phases = states.map(([name, state, barrier = false]) => ({
    name,
    title: name,
    barrier,
    run: async () => {
      happened.push(name);
      if (state === 'throws') throw new Error(`${name} broke`);
      return { state, because: `${name} is ${state}` };
    },
    undo: async () => {
      happened.push(`undo ${name}`);
      return { state: 'passed' as const, because: `${name} undone` };
    },
  }));
  return { phases, happened };
}

const never = new AbortController().signal;
const run = (phases: Phase[], undo: boolean, signal = never) =>
  runPhases(phases, { host: fakeHost(), progress: quiet, signal }, () => undo);

describe('phases', () => {
  it.each<[states: Parameters<typeof given>[0], undo: boolean, happened: string[], outcome: string]>([
    [
      [
        ['probe', 'passed'],
        ['smoke', 'passed'],
      ],
      false,
      ['probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['probe', 'passed'],
        ['smoke', 'skipped'],
      ],
      false,
      ['probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['probe', 'skipped'],
        ['smoke', 'passed'],
      ],
      false,
      ['probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['probe', 'skipped'],
        ['smoke', 'skipped'],
      ],
      false,
      ['probe', 'smoke'],
      'undetermined',
    ],
    [[['kubelet', 'passed']], false, ['kubelet'], 'undetermined'],
    [
      [
        ['probe', 'passed'],
        ['smoke', 'undetermined'],
      ],
      false,
      ['probe', 'smoke'],
      'undetermined',
    ],
    [
      [
        ['probe', 'undetermined'],
        ['smoke', 'affected'],
      ],
      false,
      ['probe', 'smoke'],
      'affected',
    ],
    [
      [
        ['kubelet', 'affected'],
        ['probe', 'passed'],
      ],
      false,
      ['kubelet', 'probe'],
      'affected',
    ],
    [
      [
        ['kubelet', 'not-in-effect'],
        ['probe', 'affected'],
        ['smoke', 'skipped'],
      ],
      false,
      ['kubelet', 'probe', 'smoke'],
      'not-in-effect',
    ],
    [
      [
        ['kubelet', 'lost-at-restart'],
        ['probe', 'passed'],
        ['smoke', 'passed'],
      ],
      false,
      ['kubelet', 'probe', 'smoke'],
      'lost-at-restart',
    ],
    [
      [
        ['kubelet', 'lost-at-restart'],
        ['smoke', 'affected'],
      ],
      false,
      ['kubelet', 'smoke'],
      'affected',
    ],
    [
      [
        ['kubelet', 'skipped'],
        ['probe', 'skipped'],
        ['smoke', 'passed'],
      ],
      false,
      ['kubelet', 'probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['rebuild', 'failed', true],
        ['probe', 'passed'],
      ],
      false,
      ['rebuild'],
      'failed',
    ],
    [
      [
        ['gate', 'affected', true],
        ['activate', 'passed', true],
      ],
      false,
      ['gate'],
      'affected',
    ],
    [
      [
        ['gate', 'undetermined', true],
        ['activate', 'passed', true],
      ],
      false,
      ['gate'],
      'undetermined',
    ],
    [
      [
        ['rebuild', 'skipped', true],
        ['probe', 'passed'],
      ],
      false,
      ['rebuild', 'probe'],
      'proven',
    ],
    [
      [
        ['activate', 'throws', true],
        ['probe', 'passed'],
      ],
      true,
      ['activate', 'undo activate'],
      'failed',
    ],
    [
      [
        ['rebuild', 'passed'],
        ['activate', 'passed'],
        ['probe', 'affected'],
      ],
      true,
      ['rebuild', 'activate', 'probe', 'undo probe', 'undo activate', 'undo rebuild'],
      'affected',
    ],
  ])('%j, undo %j', async (states, undo, expected, state) => {
    const { phases, happened } = given(states);
    const result = await run(phases, undo);
    expect(happened).toEqual(expected);
    expect(outcomeOf(result, false).state).toBe(state);
  });

  it('ends at an interruption, undoes what was begun, and proves nothing', async () => {
    const controller = new AbortController();
    const { phases, happened } = given([
      ['probe', 'passed'],
      ['smoke', 'passed'],
    ]);
    const [first] = phases;
    const interrupting: Phase = {
      ...(first as Phase),
      run: async (say) => {
        controller.abort();
        return (first as Phase).run(say);
      },
    };
    const result = await run([interrupting, ...phases.slice(1)], true, controller.signal);
    expect(happened).toEqual(['probe', 'undo probe']);
    expect(outcomeOf(result, true)).toMatchObject({ state: 'undetermined', because: 'interrupted' });
  });

  it.each<[name: PhaseName, error: Error, state: PhaseState]>([
    ['kubelet', new ReadError('/proc/1/stat: EIO', 'EIO'), 'undetermined'],
    ['probe', new UserError('/proc: is not mounted', exitCodes.undetermined), 'undetermined'],
    ['gate', new ReadError('/etc: EACCES', 'EACCES'), 'undetermined'],
    ['probe', new UserError('no such option'), 'failed'],
    ['smoke', new TypeError('broken'), 'failed'],
    ['rebuild', new ReadError('/run/build/result: ENOENT', 'ENOENT'), 'failed'],
    ['activate', new ReadError('/run/current-system: EIO', 'EIO'), 'failed'],
  ])('takes %s that throws %s for %s', async (name, error, state) => {
    const throws = async (): Promise<never> => {
      throw error;
    };
    const { reports } = await run([{ name, title: name, run: throws }], false);
    expect(reports).toMatchObject([{ state, because: error.message }]);
  });

  it('says why, with the phase that decided', async () => {
    const { phases } = given([
      ['probe', 'passed'],
      ['smoke', 'affected'],
    ]);
    const result = await run(phases, true);
    expect(outcomeOf(result, false).because).toBe(
      'smoke: smoke is affected; rolled back (smoke undone; probe undone)',
    );
  });
});

describe('what runs', () => {
  const running = {
    ...{
      pid: 1,
      distribution: 'k0s',
      role: null,
      argv: [],
      rootDirectory: '/',
      unit: 'k0s',
      startedAt: null,
    },
  } as const;
  const not = unknown('not-found', 'a test');
  const chain = (mount: string) =>
    known(
      {
        mount,
        entry: '/',
        steps: [mount],
        env: {},
        notAsRoot: null,
        layer: 'unit',
        libmount: not,
        version: not,
      },
      'a test',
    );

  const probed = (state: 'fixed' | 'affected') =>
    known({ state, mount: '/bin/mount', failed: [], forceMount2: null }, 'a test');

  function shared(node: Record<string, unknown>, state: 'fixed' | 'affected' = 'fixed'): Shared {
    const nothing = unknown('not-tried', 'not tried');
    const examination = {
      facts: { ...facts({}), probe: probed(state) },
      node: {
        shellMount: nothing,
        csiMount: nothing,
        withoutFix: nothing,
        systemMount: nothing,
        leftovers: nothing,
        unit: nothing,
        ignored: [],
        planned: nothing,
        plannedProbe: nothing,
        ...node,
      },
      probeSteps: [],
    } as unknown as NodeExamination;
    return {
      ...{ host: fakeHost(), advisory, signal: never, smoke: {}, examination },
    };
  }
  const noKubelet = unknown('no-kubelet', 'no kubelet is running');

  it('is proven by a probe of a kubelet that runs, and by none other', async () => {
    const good = probe(shared({ kubelet: known(running, 'a test') }));
    expect((await good.run(() => {})).state).toBe('passed');
    const bad = probe(shared({ kubelet: noKubelet }));
    expect(await bad.run(() => {})).toEqual({ state: 'undetermined', because: 'no kubelet is running' });
  });

  it.each([kubelet, probe])('has nothing to say of a node that is to have no kubelet: %o', async (phase) => {
    const missing = shared({ kubelet: noKubelet, mount: noKubelet, planned: noKubelet });
    const { state } = await phase(missing).run(() => {});
    expect(state).toBe('undetermined');
    const { examination } = missing;
    if (examination) examination.facts.noKubelet = known('its role runs none', 'a test');
    expect(await phase(missing).run(() => {})).toEqual({ state: 'skipped', because: 'its role runs none' });
  });

  it('says what a restart of its unit would change', async () => {
    const unit = known({ name: 'k0s', files: [], env: {}, exec: ['/bin/k0s'] }, 'a test');
    const node = { kubelet: known(running, 'a test'), unit, mount: chain('/old/mount') };
    const planned = chain('/new/mount');
    const version = known(parseVersion('2.41'), 'a test');
    const byVersion = known({ ...planned.value, version }, 'a test');
    const not = unknown('no-answer', 'it was not tested');
    type Row = [more: object, tested: 'fixed' | 'affected', state: PhaseState, because: RegExp];
    const uses = /^kubelet of k0s \(pid 1\) uses \/old\/mount, from the unit$/;
    const rows: Row[] = [
      [{ planned: chain('/old/mount') }, 'fixed', 'passed', uses],
      [{ planned: chain('/old/mount') }, 'affected', 'passed', uses],
      [{ planned, plannedProbe: probed('fixed') }, 'fixed', 'passed', uses],
      [{ planned, plannedProbe: probed('affected') }, 'affected', 'passed', uses],
      [{ planned, plannedProbe: probed('fixed') }, 'affected', 'not-in-effect', /not yet in effect/],
      [
        { planned, plannedProbe: probed('affected') },
        'fixed',
        'lost-at-restart',
        /works now, but the fix is lost/,
      ],
      [{ planned: byVersion, plannedProbe: not }, 'fixed', 'undetermined', /works now, but the fix is lost/],
      [{ planned, plannedProbe: not }, 'fixed', 'undetermined', /what a restart of k0s would change/],
      [{ planned, plannedProbe: not }, 'affected', 'undetermined', /what a restart of k0s would change/],
      [{ planned: not }, 'fixed', 'undetermined', /what k0s would give kubelet: it was not tested/],
      [{ unit: unknown('no-unit', 'no unit') }, 'fixed', 'passed', uses],
    ];
    for (const [more, tested, state, because] of rows) {
      const given = shared({ ...node, ...more }, tested);
      const result = await kubelet(given).run(() => {});
      expect(result, JSON.stringify(more)).toMatchObject({ state, because: expect.stringMatching(because) });
      expect(given.waitsForRestart ?? false).toBe(state === 'not-in-effect');
      // The one command that ends it.
      const commands = {
        'not-in-effect': 'sudo systemctl restart k0s',
        'lost-at-restart': 'subpathfix generate',
      };
      const lost = because.source.includes('lost') ? commands['lost-at-restart'] : undefined;
      expect(result.next?.command).toBe(commands[state as keyof typeof commands] ?? lost);
    }
    expect(await kubelet(shared({ kubelet: noKubelet })).run(() => {})).toMatchObject({
      state: 'undetermined',
    });
  });

  it('does not run a pod before the restart that is all it takes', async () => {
    const given = { ...shared({ kubelet: known(running, 'a test') }), waitsForRestart: true };
    expect(await smoke(given).run(() => {})).toMatchObject({ state: 'skipped' });
    expect((given.host as FakeHost).ran).toEqual([]);
  });
});

it('advises what the phases want done next, and reports it apart', async () => {
  const next = { code: 'reboot', text: 'reboot', command: 'sudo reboot' } as const;
  const phase: Phase = {
    ...{ name: 'activate', title: 'a title' },
    run: async () => ({ state: 'undetermined', because: 'later', next }),
  };
  const { advice, reports } = await run([phase], false);
  expect(advice).toEqual([next]);
  const report: PhaseReport = {
    ...{ name: 'activate', title: 'a title', state: 'undetermined', because: 'later', milliseconds: 0 },
  };
  expect(reports).toEqual([report]);
});
