import { describe, expect, it } from 'vitest';
import type { SeenPod } from '../../src/facts/logs/seen.ts';
import { diagnose, exitCodeOfDiagnosis, type Strength } from '../../src/verdict/diagnosis.ts';

type Place = SeenPod['places'][number];

const place = (signatures: string[], more: Partial<Place> = {}): Place => ({
  ...{
    volume: 'v',
    container: 'c',
    index: '0',
    signatures: new Set(signatures),
    lookAlikes: new Set(),
    attempted: false,
  },
  ...more,
});
const pod = (places: Place[], lastOf: SeenPod['lastOf'] = { defect: null, leftover: null }): SeenPod => ({
  ...{ uid: 'u', namespace: '', name: '', first: null, last: null, count: 1 },
  ...{ signatures: new Map(), examples: new Map(), places, lastOf },
});

describe('a pod', () => {
  it.each<[places: Place[], strength: Strength]>([
    [[place(['bind-refused'])], 'proven'],
    [[place(['bind-refused'], { volume: '' })], 'likely'],
    [[place(['mkdir-file-exists'])], 'likely'],
    [[place(['mkdir-file-exists'], { attempted: true })], 'proven'],
    [[place(['mkdir-file-exists', 'kubelet-bind'])], 'proven'],
    [[place(['mkdir-file-exists', 'prepare-subpath'])], 'proven'],
    [[place(['mkdir-file-exists', 'move-mount-missing'])], 'likely'],
    // The halves of two mounts are no whole.
    [[place(['mkdir-file-exists']), place(['prepare-subpath'], { container: 'd' })], 'likely'],
    [[place(['kubelet-bind'])], 'likely'],
    [[place(['kubelet-bind'], { lookAlikes: new Set(['busy']) })], 'other'],
    [[place(['kubelet-bind', 'move-mount-missing'])], 'aftermath'],
    [[place(['clean-subpath'])], 'aftermath'],
    [[place(['prepare-subpath'])], 'unclear'],
    [[place(['prepare-subpath'], { lookAlikes: new Set(['read-only']) })], 'other'],
    [[place([], { lookAlikes: new Set(['dead-csi']) })], 'other'],
    [[place(['prepare-subpath']), place(['clean-subpath'], { container: 'd' })], 'aftermath'],
  ])('with %j is %s', (places, strength) => {
    expect(diagnose([pod(places)])).toMatchObject([{ strength }]);
  });

  it.each<[defect: string | null, leftover: string | null, since: string | null]>([
    ['2026-01-01T10:00:00', '2026-01-01T10:03:00', '2026-01-01T10:00:00'],
    ['2026-01-01T10:00:00', '2026-01-01T10:00:15', null],
    ['2026-01-01T10:00:00', null, null],
    [null, '2026-01-01T10:00:15', null],
    ['2026-01-01T10:03:00', '2026-01-01T10:00:00', null],
  ])(
    'with the defect last at %s and a leftover at %s has leftovers alone since %s',
    (defect, leftover, since) => {
      const found = diagnose([pod([place(['bind-refused', 'move-mount-missing'])], { defect, leftover })]);
      expect(found).toMatchObject([{ strength: 'proven', leftoversSince: since }]);
    },
  );
});

describe('the exit code', () => {
  it.each<[found: Strength[], whole: boolean, exitCode: number]>([
    [[], true, 0],
    [[], false, 3],
    [['other'], true, 0],
    [['other'], false, 3],
    [['proven', 'other'], true, 1],
    [['aftermath', 'proven'], false, 1],
    [['likely', 'aftermath'], true, 3],
    [['aftermath'], true, 3],
    [['unclear', 'other'], true, 3],
  ])('of %j, all of it read: %s, is %i', (found, whole, exitCode) => {
    expect(
      exitCodeOfDiagnosis(
        found.map((strength) => ({ strength })),
        whole,
      ),
    ).toBe(exitCode);
  });
});
