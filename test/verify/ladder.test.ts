import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { known, unknown } from '../../src/facts/fact.ts';
import type { NodeExamination } from '../../src/facts/node/examine.ts';
import { localHost } from '../../src/host/host.ts';
import { probePhase } from '../../src/verify/node.ts';
import { outcomeOf } from '../../src/verify/outcome.ts';
import { climb, type Phase, type PhaseState, type Watcher } from '../../src/verify/phase.ts';
import { facts } from '../helpers/facts.ts';

const quiet: Watcher = { started: () => {}, said: () => {}, ended: () => {} };

/** Phases that end as they are told, and the order in which things happened. */
function ladder(states: [name: string, state: PhaseState | 'throws', barrier?: boolean][]): {
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

describe('the ladder', () => {
  it.each<[states: Parameters<typeof ladder>[0], undo: boolean, happened: string[], outcome: string]>([
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
        ['smoke', 'left out'],
      ],
      false,
      ['probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['probe', 'left out'],
        ['smoke', 'passed'],
      ],
      false,
      ['probe', 'smoke'],
      'proven',
    ],
    [
      [
        ['probe', 'left out'],
        ['smoke', 'left out'],
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
        ['rebuild', 'left out', true],
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
    const { phases, happened } = ladder(states);
    const result = await climb(phases, quiet, never, () => undo);
    expect(happened).toEqual(expected);
    expect(outcomeOf(result, false).state).toBe(state);
  });

  it('ends at an interruption, undoes what was begun, and proves nothing', async () => {
    const controller = new AbortController();
    const { phases, happened } = ladder([
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
    const result = await climb([interrupting, ...phases.slice(1)], quiet, controller.signal, () => true);
    expect(happened).toEqual(['probe', 'undo probe']);
    expect(outcomeOf(result, true)).toMatchObject({ state: 'undetermined', because: 'it was interrupted' });
  });

  it('says why, with the phase that decided', async () => {
    const { phases } = ladder([
      ['probe', 'passed'],
      ['smoke', 'affected'],
    ]);
    const result = await climb(phases, quiet, never, () => true);
    expect(outcomeOf(result, false).because).toBe(
      'smoke: smoke is affected; rolled back (smoke undone; probe undone)',
    );
  });
});

describe('the probe of a ladder', () => {
  it.each([
    [true, 'passed'],
    [false, 'undetermined'],
  ])('with a kubelet that runs: %s', async (runs, state) => {
    const kubelet = {
      pid: 1,
      distro: 'k0s',
      role: null,
      argv: [],
      rootDirectory: '/',
      unit: null,
      startedAt: null,
    } as const;
    const outcome = { state: 'fixed', mount: '/bin/mount', failed: [], forceMount2: null } as const;
    const examination = {
      facts: { ...facts({}), probe: known({ ...outcome, failed: [] }, 'a test') },
      node: { kubelet: runs ? known({ ...kubelet, argv: [] }, 'a test') : unknown('no kubelet runs') },
      probeSteps: [],
    } as unknown as NodeExamination;
    const phase = probePhase(localHost(), advisory, never, { examination });
    expect((await phase.run(() => {})).state).toBe(state);
  });
});
