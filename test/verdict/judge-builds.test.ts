import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import type { FactName } from '../../src/facts/facts.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { State } from '../../src/verdict/states.ts';
import { facts, type Said } from '../helpers/facts.ts';

type Row = [said: Said, state: State, by: FactName | null, against?: FactName[]];

const A = 'affected';
const F = 'fixed';
const N = 'not-affected';
const U = 'undetermined';

const packages: Row[] = [
  [{ channel: 'debian', utilLinux: '2.41~rc2-1' }, A, 'packaged', []],
  [{ channel: 'debian', utilLinux: '2.41-1' }, A, 'packaged', []],
  [{ channel: 'debian-sid', utilLinux: '2.41-3' }, A, 'packaged', []],
  [{ channel: 'debian-sid', utilLinux: '2.41-4' }, F, 'packaged', []],
  [{ channel: 'trixie', utilLinux: '2.41-5' }, F, 'packaged', []],
  [{ utilLinux: '2.41-5+deb13u1' }, F, 'packaged', []],
  [{ utilLinux: '2.41-3~deb13u1' }, A, 'packaged', []],
  [{ utilLinux: '2.41-4ubuntu4.2' }, F, 'packaged', []],
  [{ utilLinux: '2.41-3ubuntu1' }, U, null],
  [{ channel: 'arch', utilLinux: '2.41-3' }, A, 'packaged', []],
  [{ channel: 'arch', utilLinux: '2.41-4' }, U, null],
  [{ channel: 'opensuse-microos', utilLinux: '2.41-1.1' }, U, null],
  [{ channel: 'nixos-25.05', utilLinux: '2.41-5' }, U, null],
  [{ channel: 'debian', utilLinux: '2.41' }, A, 'utilLinux', []],
  [{ channel: 'debian', utilLinux: '2.41.5-0+deb13u1' }, F, 'utilLinux', []],
  [{ channel: 'debian', utilLinux: '2.40.4-5' }, N, 'utilLinux', []],
  [{ utilLinux: '2.41-5+deb13u1', libmount: '2.41.0' }, F, 'packaged', ['libmount']],
  [{ utilLinux: '2.41-5+deb13u1', libmount: '2.41.1' }, F, 'libmount'],
  [{ utilLinux: '2.41-2~deb13u1', libmount: '2.41.1' }, F, 'libmount', ['packaged', 'utilLinux']],
  [{ utilLinux: '2.41-5+deb13u1', probe: 'affected' }, A, 'probe', ['packaged']],
  [{ utilLinux: '2.41-3~deb13u1', variable: 'always' }, F, 'forceMount2'],
  [{ utilLinux: '2.41-1.fc42', variable: 'always' }, F, 'forceMount2'],
];

const days: Row[] = [
  [{ channel: '25.05.20250522.55d1f92' }, A, 'channel'],
  [{ channel: '25.05.20250528.55d1f92' }, U, null],
  [{ channel: '25.05.20250510.55d1f92' }, U, null],
  [{ channel: '25.05.20251101.55d1f92' }, U, null],
  [{ channel: '25.05.20250522.55d1f92', utilLinux: '2.41.1' }, F, 'utilLinux', ['channel']],
  [{ channel: '25.05.20250301.55d1f92' }, N, 'channel'],
  [{ channel: '25.05pre780000.55d1f92' }, U, null],
  [{ channel: '24.11.20241101.55d1f92' }, N, 'channel'],
  [{ channel: '24.11.20240701.55d1f92' }, N, 'channel'],
  // What will be 25.11 was unstable for half a year, with the defect at first.
  [{ channel: '25.11.20250601.55d1f92' }, U, null],
  [{ channel: '25.11pre804391.b1b2c3d4e5f6' }, U, null],
  [{ channel: '25.11.20251201.55d1f92' }, F, 'channel'],
  [{ channel: '25.11.804391.b1b2c3d4e5f6' }, F, 'channel'],
  [{ channel: '26.05.20260101.55d1f92' }, F, 'channel'],
  [{ channel: '26.05pre904391.b1b2c3d4e5f6' }, F, 'channel'],
];

describe.each([
  ['the package of a distribution', packages],
  ['a version of NixOS with its day', days],
] as [string, Row[]][])('judge: %s', (_, rows) => {
  it.each(rows.map((row) => [JSON.stringify(row[0]), row] as const))(
    '%s',
    (__, [said, state, by, against]) => {
      const verdict = judge(facts(said), advisory);
      expect(verdict).toMatchObject({ state, decidedBy: by });
      if (against) expect(verdict.against.map(({ fact }) => fact).sort()).toEqual([...against].sort());
      expect(verdict.evidence === null).toBe(by === null);
    },
  );
});
