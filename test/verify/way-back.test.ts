import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/verify/outcome.ts';
import type { PhaseName, PhaseReport, PhaseState } from '../../src/verify/phase.ts';
import { outcomeAfter, reasonToGoBack } from '../../src/verify/way-back.ts';

const report = ([name, state]: [PhaseName, PhaseState]): PhaseReport => ({
  ...{ name, state, title: name, because: `${name} is ${state}`, milliseconds: 0 },
});
const on = new AbortController().signal;

describe('a rollback', () => {
  const active = { rollsBack: true, activated: true, signal: on };
  type Row = [
    what: string,
    run: Partial<typeof active>,
    states: [PhaseName, PhaseState][],
    reason: string | null,
  ];
  it.each<Row>([
    ['a proof', {}, [['probe', 'passed']], null],
    ['the defect', {}, [['probe', 'affected']], 'not-fixed'],
    [
      'the defect, seen by the pod alone',
      {},
      [
        ['probe', 'passed'],
        ['smoke', 'affected'],
      ],
      'not-fixed',
    ],
    ['a failure', {}, [['activate', 'failed']], 'not-fixed'],
    [
      'missing evidence',
      {},
      [
        ['probe', 'undetermined'],
        ['smoke', 'undetermined'],
      ],
      null,
    ],
    ['an interruption', { signal: AbortSignal.abort() }, [['probe', 'passed']], 'interrupted'],
    ['the defect that was not to be rolled back', { rollsBack: false }, [['probe', 'affected']], null],
    ['an interruption before the switch', { activated: false, signal: AbortSignal.abort() }, [], null],
    ['a gate that stops', { activated: false }, [['gate', 'affected']], null],
    [
      'a gate that was affected',
      {},
      [
        ['gate', 'affected'],
        ['probe', 'passed'],
      ],
      null,
    ],
    [
      'a restart that is missing',
      {},
      [
        ['kubelet', 'not-in-effect'],
        ['probe', 'affected'],
      ],
      null,
    ],
    [
      'that, and a failure',
      {},
      [
        ['kubelet', 'not-in-effect'],
        ['smoke', 'failed'],
      ],
      'not-fixed',
    ],
    [
      'a fix that the new unit drops',
      {},
      [
        ['kubelet', 'lost-at-restart'],
        ['probe', 'passed'],
      ],
      'not-fixed',
    ],
  ])('after %s', (_, run, states, reason) => {
    expect(reasonToGoBack({ ...active, ...run }, states.map(report))).toBe(reason);
  });
});

describe('the outcome', () => {
  const undone = [report(['activate', 'passed'])];
  const proven: Outcome = { state: 'proven', because: 'it works' };
  const unclear: Outcome = { state: 'undetermined', because: 'nothing is known' };
  const bad: Outcome = { state: 'affected', because: 'it does not work' };
  type Row = [
    what: string,
    before: Outcome,
    Partial<Parameters<typeof outcomeAfter>[1]>,
    Outcome['state'],
    RegExp,
  ];
  it.each<Row>([
    ['stays', proven, {}, 'proven', /^it works$/],
    [
      'without kubelet',
      unclear,
      { reason: 'no-kubelet', undone },
      'failed',
      /does not run in the new system; rolled back \(activate is passed\)/,
    ],
    [
      'without kubelet, though all was proven',
      proven,
      { reason: 'no-kubelet', undone },
      'failed',
      /rolled back/,
    ],
    ['too late', proven, { reason: 'out-of-time', undone }, 'failed', /too long/],
    ['too late, and affected', bad, { reason: 'out-of-time', undone }, 'failed', /too long/],
    ['interrupted', unclear, { reason: 'interrupted', undone }, 'undetermined', /^interrupted; rolled back/],
    [
      'interrupted, with the defect',
      bad,
      { reason: 'interrupted', undone },
      'affected',
      /^it does not work$/,
    ],
    [
      'for now',
      proven,
      { armed: 'it goes back at 12:00' },
      'undetermined',
      /will not stay: it goes back at 12:00/,
    ],
    ['not even for now', bad, { armed: 'it goes back at 12:00' }, 'affected', /^it does not work$/],
  ])('%s', (_, before, how, state, because) => {
    const outcome = outcomeAfter(before, { reason: null, undone: [], armed: null, ...how });
    expect(outcome).toEqual({ state, because: expect.stringMatching(because) });
  });
});
