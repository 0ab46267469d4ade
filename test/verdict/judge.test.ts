import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { known, unknown } from '../../src/facts/fact.ts';
import type { FactName, Patch } from '../../src/facts/facts.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { State } from '../../src/verdict/states.ts';
import { facts, type Said } from '../helpers/facts.ts';

const fix = 'fix-mount-regression.patch';
const fromUpstream = (text: string): Partial<Patch> => ({
  name: 'libmount.patch',
  url: `https://github.com/util-linux/util-linux/${text}`,
});
const master = '7dbfe31a83f45d5aef2b508697e9511c569ffbc8';
const stable = '77723beaaaca654f72ac9538772e69fbafa8835d';
const whole = (short: string): string =>
  `mount from util-linux ${short} (libmount ${short}.0: btrfs, namespaces, idmapping)`;
const elsewhere: Partial<Patch> = { name: fix, applies: known(false, 'only when !isLinux') };
const perhaps: Partial<Patch> = { name: fix, applies: unknown('not-understood', 'its condition is withFix') };
const hollow: Partial<Patch> = { name: fix, touchesDefect: known(false, 'the file') };
const read: Partial<Patch> = { name: fix, touchesDefect: known(true, 'the file') };

type Row = [said: Said, state: State, by: FactName | null, against?: FactName[]];

const A = 'affected';
const F = 'fixed';
const N = 'not-affected';
const U = 'undetermined';

const versions: Row[] = [
  [{ utilLinux: '2.38.1' }, N, 'utilLinux'],
  [{ utilLinux: '2.39.4' }, N, 'utilLinux'],
  [{ utilLinux: '2.40' }, N, 'utilLinux'],
  [{ utilLinux: '2.40.4' }, N, 'utilLinux'],
  [{ utilLinux: '2.40.4-5' }, N, 'utilLinux'],
  [{ utilLinux: '2.41-rc1' }, A, 'utilLinux'],
  [{ utilLinux: '2.41-rc2' }, A, 'utilLinux'],
  [{ utilLinux: '2.41~rc2-1' }, A, 'utilLinux'],
  [{ utilLinux: '2.41' }, A, 'utilLinux'],
  [{ utilLinux: '2.41.0' }, A, 'utilLinux'],
  [{ utilLinux: 'v2.41' }, A, 'utilLinux'],
  [{ utilLinux: 'util-linux 2.41' }, A, 'utilLinux'],
  [{ utilLinux: 'util-linux-minimal-2.41-bin' }, A, 'utilLinux'],
  [{ utilLinux: whole('2.41') }, A, 'utilLinux'],
  [{ utilLinux: '2.41-4' }, U, null],
  [{ utilLinux: '2.41-5' }, U, null],
  [{ utilLinux: '2.41-1.fc43' }, U, null],
  [{ utilLinux: '2.41.1' }, F, 'utilLinux'],
  [{ utilLinux: '2.41.1-1' }, F, 'utilLinux'],
  [{ utilLinux: '2.41.4' }, F, 'utilLinux'],
  [{ utilLinux: '2.42-rc1' }, F, 'utilLinux'],
  [{ utilLinux: '2.42' }, F, 'utilLinux'],
  [{ utilLinux: '3.0' }, F, 'utilLinux'],
  [{ utilLinux: '' }, U, null],
  [{ utilLinux: 'banana' }, U, null],
  [{ utilLinux: '2' }, U, null],
  [{ utilLinux: '2..41' }, U, null],
  [{ utilLinux: '2.41.x' }, U, null],
  [{ utilLinux: '2.41-devel' }, U, null],
  [{ utilLinux: '2.40.r312.g7dbfe31' }, U, null],
  [{ utilLinux: '2.41+git20250325' }, U, null],
  [{}, U, null],
];

const libmountDecides: Row[] = [
  [{ libmount: '2.41.0' }, A, 'libmount'],
  [{ libmount: '2.41.1' }, F, 'libmount'],
  [{ libmount: '2.40.4', utilLinux: '2.40.4' }, N, 'libmount', []],
  [{ libmount: '2.41.0', utilLinux: '2.41' }, A, 'libmount', []],
  [{ libmount: '2.41.0', utilLinux: '2.41.1' }, A, 'libmount', ['utilLinux']],
  [{ libmount: '2.41.0', utilLinux: '2.40.4' }, A, 'libmount', ['utilLinux']],
  [{ libmount: '2.41.1', utilLinux: '2.41' }, F, 'libmount', ['utilLinux']],
];

const patches: Row[] = [
  [{ nixpkgs: ['2.41'] }, A, 'patches'],
  [{ nixpkgs: ['2.41', 'rtcwake-search-PATH-for-shutdown.patch'] }, A, 'patches'],
  [{ nixpkgs: ['2.41', 'libmount-subdir-remove-unused-code.patch'] }, A, 'patches'],
  [{ nixpkgs: ['2.41', fix] }, F, 'patches', []],
  [{ nixpkgs: ['2.41', read] }, F, 'patches'],
  [{ nixpkgs: ['2.41', fromUpstream(`commit/${master}.patch`)] }, F, 'patches'],
  [{ nixpkgs: ['2.41', fromUpstream(`commit/${stable}.patch`)] }, F, 'patches'],
  [{ nixpkgs: ['2.41', fromUpstream('pull/3479.patch')] }, F, 'patches'],
  [{ nixpkgs: ['2.41', fromUpstream('pull/3530.patch')] }, A, 'patches'],
  [{ nixpkgs: ['2.41', { name: `${stable.slice(0, 12)}.patch` }] }, F, 'patches'],
  [{ nixpkgs: ['2.41', elsewhere] }, A, 'patches'],
  [{ nixpkgs: ['2.41', elsewhere, fix] }, F, 'patches'],
  [{ nixpkgs: ['2.41', perhaps] }, U, null],
  [{ nixpkgs: ['2.41', perhaps, fix] }, F, 'patches'],
  [{ nixpkgs: ['2.41', hollow] }, U, null],
  [{ nixpkgs: ['2.41', hollow, read] }, F, 'patches'],
  [{ nixpkgs: ['2.40.4'] }, N, 'patches'],
  [{ nixpkgs: ['2.40.4', fix] }, N, 'patches'],
  [{ nixpkgs: ['2.41.1'] }, F, 'patches'],
  [{ nixpkgs: ['2.41', fix], utilLinux: '2.41' }, F, 'patches', ['utilLinux']],
  [
    { nixpkgs: ['2.41', fix], utilLinux: '2.41', libmount: '2.41.0' },
    F,
    'patches',
    ['utilLinux', 'libmount'],
  ],
  [{ nixpkgs: ['2.41'], utilLinux: '2.41' }, A, 'patches', []],
  [{ nixpkgs: ['2.41', perhaps], utilLinux: '2.41' }, U, null, []],
];

const contradictions: Row[] = [
  [{ nixpkgs: ['2.41.1'], utilLinux: '2.41' }, U, null, ['patches', 'utilLinux']],
  [{ nixpkgs: ['2.41'], utilLinux: '2.41.1' }, U, null, ['patches', 'utilLinux']],
  [{ nixpkgs: ['2.41'], utilLinux: '2.40.4' }, U, null, ['patches', 'utilLinux']],
  [{ nixpkgs: ['2.41'], libmount: '2.41.1' }, U, null, ['patches', 'libmount']],
  [{ nixpkgs: ['2.41', perhaps], utilLinux: '2.41.1' }, U, null, ['patches', 'utilLinux']],
  [{ nixpkgs: ['2.41', perhaps], utilLinux: '2.41-rc2' }, U, null, ['patches', 'utilLinux']],
  [{ nixpkgs: ['2.41.1'], utilLinux: '2.40.4' }, N, 'utilLinux', ['patches']],
  [{ nixpkgs: ['2.41', fix], utilLinux: '2.41.1' }, F, 'utilLinux', ['patches']],
  [{ nixpkgs: ['2.41.1'], utilLinux: '2.41.2' }, F, 'utilLinux', ['patches']],
  [{ nixpkgs: ['2.41'], utilLinux: '2.41-rc2' }, A, 'utilLinux', ['patches']],
];

const probe: Row[] = [
  [{ probe: 'affected' }, A, 'probe'],
  [
    { noKubelet: 'a controller alone runs no kubelet', libmount: '2.41', channel: 'nixos-25.05' },
    N,
    'noKubelet',
    [],
  ],
  [
    { noKubelet: 'a controller alone runs no kubelet', probe: 'affected', nixpkgs: ['2.41'] },
    N,
    'noKubelet',
    [],
  ],
  [{ probe: 'fixed' }, F, 'probe'],
  [{ probe: 'affected', utilLinux: '2.41' }, A, 'probe', []],
  [{ probe: 'affected', utilLinux: '2.41.1' }, A, 'probe', ['utilLinux']],
  [{ probe: 'affected', nixpkgs: ['2.41', fix] }, A, 'probe', ['patches']],
  [{ probe: 'affected', channel: 'nixos-25.11' }, A, 'probe', ['channel']],
  [{ probe: 'affected', utilLinux: '2.41', variable: 'always' }, A, 'probe', ['forceMount2']],
  [{ probe: 'fixed', utilLinux: '2.41' }, F, 'probe', ['utilLinux']],
  [{ probe: 'fixed', libmount: '2.41.0' }, F, 'probe', ['libmount']],
  [{ probe: 'fixed', nixpkgs: ['2.41'] }, F, 'probe', ['patches']],
  [{ probe: 'fixed with the variable', utilLinux: '2.41' }, F, 'probe', ['utilLinux']],
  [{ probe: 'fixed', utilLinux: '2.40.4' }, N, 'probe', []],
  [{ probe: 'fixed', utilLinux: 'banana' }, F, 'probe'],
  [{ probe: 'could not tell', utilLinux: '2.41' }, A, 'utilLinux'],
  [{ probe: 'could not tell', utilLinux: '2.41.1' }, F, 'utilLinux'],
  [{ probe: 'could not tell' }, U, null],
];

const environment: Row[] = [
  [{ variable: 'always', utilLinux: '2.41' }, F, 'forceMount2', ['utilLinux']],
  [{ variable: 'always', nixpkgs: ['2.41'] }, F, 'forceMount2', ['patches']],
  [{ variable: 'always', nixpkgs: ['2.41', perhaps] }, F, 'forceMount2'],
  [{ variable: 'never', utilLinux: '2.41' }, A, 'utilLinux'],
  [{ variable: 'auto', utilLinux: '2.41' }, A, 'utilLinux'],
  [{ variable: '', utilLinux: '2.41' }, A, 'utilLinux'],
  [{ variable: 'ALWAYS', utilLinux: '2.41' }, A, 'utilLinux'],
  [{ variable: 'always' }, U, null],
  [{ variable: 'always', utilLinux: 'banana' }, U, null],
  [{ variable: 'always', channel: 'nixos-25.05' }, U, null],
  [{ variable: 'always', utilLinux: '2.40.4' }, N, 'utilLinux'],
  [{ variable: 'always', utilLinux: '2.41.1' }, F, 'utilLinux'],
  [{ variable: 'always', nixpkgs: ['2.41'], utilLinux: '2.41.1' }, F, 'forceMount2'],
];

const channels: Row[] = [
  [{ channel: 'nixos-23.11' }, N, 'channel'],
  [{ channel: 'nixos-24.11' }, N, 'channel'],
  [{ channel: 'nixos-25.05' }, U, null],
  [{ channel: 'nixos-25.05-small' }, U, null],
  [{ channel: 'nixos-25.11' }, F, 'channel'],
  [{ channel: 'nixos-26.05' }, F, 'channel'],
  [{ channel: 'nixos-unstable' }, U, null],
  [{ channel: 'debian-sid' }, U, null],
  [{ channel: 'nixos-25.05', utilLinux: '2.41' }, A, 'utilLinux', []],
  [{ channel: 'nixos-25.05', utilLinux: '2.41.1' }, F, 'utilLinux', []],
  [{ channel: 'nixos-unstable', utilLinux: '2.41' }, A, 'utilLinux', []],
  [{ channel: 'nixos-24.11', utilLinux: '2.41' }, A, 'utilLinux', ['channel']],
  [{ channel: 'nixos-25.11', utilLinux: '2.41' }, A, 'utilLinux', ['channel']],
  [{ channel: 'nixos-25.05', utilLinux: '2.40.4' }, N, 'utilLinux', ['channel']],
  [{ channel: 'nixos-24.11', nixpkgs: ['2.41'] }, A, 'patches', ['channel']],
  [{ channel: 'nixos-24.11', utilLinux: 'banana' }, U, null],
];

describe.each([
  ['a version alone', versions],
  ['the libmount that mount loads', libmountDecides],
  ['the patches of a nixpkgs', patches],
  ['versions that contradict each other', contradictions],
  ['a mount that was tested', probe],
  ['the environment variable', environment],
  ['a channel', channels],
] as [string, Row[]][])('judge: %s', (_, rows) => {
  it.each(rows.map((row) => [JSON.stringify(row[0]), row] as const))(
    '%s',
    (__, [said, state, by, against]) => {
      const verdict = judge(facts(said), advisory);
      expect(verdict).toMatchObject({ state, decidedBy: by });
      if (against) expect(verdict.against.map(({ fact }) => fact).sort()).toEqual([...against].sort());
      expect(verdict.because.length).toBeGreaterThan(20);
      expect(verdict.evidence === null).toBe(by === null);
      if (state === U) expect(verdict.toConfirm).not.toEqual([]);
    },
  );
});

describe('what judge says', () => {
  it('says how to confirm that a bare 2.41 is affected', () => {
    const verdict = judge(facts({ channel: 'nixos-25.05', utilLinux: '2.41' }), advisory);
    expect(verdict.because).toContain('was released with the defect');
    expect(verdict.toConfirm.map(({ code }) => code)).toEqual([
      'test-mount',
      'read-nixpkgs',
      'version-is-not-enough',
    ]);
    expect(verdict.toConfirm.at(-1)?.text).toMatch(/nixos-25\.05.*fix.*still report 2\.41/);
  });

  it.each([
    [{ probe: 'fixed', utilLinux: '2.41' } as Said, /has the fix as a patch/],
    [{ probe: 'fixed with the variable', utilLinux: '2.41' } as Said, /LIBMOUNT_FORCE_MOUNT2=always/],
  ])('explains a good mount of an affected version: %j', (said, explanation) => {
    expect(judge(facts(said), advisory).against[0]?.text).toMatch(explanation);
  });

  it('names both facts of a contradiction', () => {
    const { because } = judge(facts({ nixpkgs: ['2.41.1'], utilLinux: '2.41' }), advisory);
    expect(because).toMatch(/2\.41 \(--util-linux\).*2\.41\.1 \(package\.nix\)/);
  });

  it('says why a fact that was given could not be used', () => {
    expect(judge(facts({ utilLinux: 'banana' }), advisory).because).toContain('banana');
    expect(judge(facts({ nixpkgs: ['2.41', perhaps] }), advisory).because).toContain('withFix');
    expect(judge(facts({ nixpkgs: ['2.41', hollow] }), advisory).because).toContain('libmount/src/context.c');
  });

  it('has at least sixty rows', () => {
    const all = [
      versions,
      libmountDecides,
      patches,

      contradictions,
      probe,
      environment,
      channels,
    ].flat();
    expect(all.length).toBeGreaterThanOrEqual(60);
  });
});
