import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { parseVersion } from '../../src/advisory/version.ts';
import { type Fact, known, unknown } from '../../src/facts/fact.ts';
import type { ProbeOutcome } from '../../src/facts/facts.ts';
import type { Kubelet } from '../../src/facts/node/kubelet.ts';
import type { LayeredMount, NodeFacts } from '../../src/facts/node/node-facts.ts';
import type { Unit } from '../../src/facts/node/unit.ts';
import { driftOf } from '../../src/verdict/drift.ts';
import { facts, type Said } from '../helpers/facts.ts';

const none = unknown('not-found', 'a reason');

interface Mounted {
  program?: string;
  version?: string;
  forced?: boolean;
  library?: string;
}

function mounted({ program = '/a/mount', version, forced, library }: Mounted): Fact<LayeredMount> {
  const parsed = version === undefined ? null : parseVersion(version);
  return known(
    {
      ...{ mount: program, entry: '/', steps: [program], layer: 'unit' },
      notAsRoot: null,
      env: forced ? { LIBMOUNT_FORCE_MOUNT2: 'always', OTHER: 'x' } : {},
      libmount: library === undefined ? none : known(library, 'a test'),
      version: parsed ? known(parsed, 'a test') : none,
    },
    'a test',
  );
}

const probed = (state: ProbeOutcome['state']): Fact<ProbeOutcome> =>
  known({ state, mount: '/b/mount', failed: [], forceMount2: null }, 'a test');

function node(changes: Partial<NodeFacts>): NodeFacts {
  const kubelet: Kubelet = {
    ...{ pid: 7, argv: [], distribution: 'k0s', role: null, rootDirectory: '/', startedAt: 1_750_000_050 },
    lineage: [{ pid: 7, parent: 1, argv: [], program: null, started: 1, env: {} }],
  };
  const unit: Unit = {
    name: 'k0s',
    files: [],
    environmentFiles: [],
    env: {},
    exec: ['/k0s'],
    inherited: {},
    distribution: 'k0s',
  };
  return {
    ...{ os: none, wrapped: none, shellMount: none, csiMount: none, leftovers: none, ignored: [] },
    ...{ withoutFix: none, systemMount: none },
    kubelet: known<Kubelet>(kubelet, 'a test'),
    unit: known<Unit>(unit, 'a test'),
    mount: mounted({}),
    planned: mounted({}),
    plannedProbe: none,
    ...changes,
  };
}

const other = (more: Mounted = {}): Fact<LayeredMount> => mounted({ program: '/b/mount', ...more });

describe('a restart changes', () => {
  it.each<[what: string, now: Said, changes: Partial<NodeFacts>, state: string, says: RegExp]>([
    ['nothing', { probe: 'affected' }, {}, 'none', /k0s would give kubelet the same mount again/],
    [
      'nothing that matters',
      { probe: 'fixed' },
      { planned: other(), plannedProbe: probed('fixed') },
      'none',
      /both work/,
    ],
    [
      'nothing that helps',
      { probe: 'affected' },
      { planned: other(), plannedProbe: probed('affected') },
      'none',
      /both have the defect/,
    ],
    [
      'nothing but other variables',
      { probe: 'fixed' },
      { mount: mounted({ forced: true }), planned: mounted({ forced: true }) },
      'none',
      /same mount/,
    ],
    [
      'an affected mount for a good one',
      { probe: 'affected' },
      { planned: other(), plannedProbe: probed('fixed') },
      'not-in-effect',
      /not yet in effect: k0s would give kubelet \/b\/mount, but kubelet \(pid 7, started 2025-06-15T15:07:30Z\) uses \/a\/mount: restart k0s/,
    ],
    [
      'a good mount for an affected one',
      { probe: 'fixed' },
      { planned: other(), plannedProbe: probed('affected') },
      'lost-at-restart',
      /the fix is lost when k0s is restarted: k0s would give kubelet \/b\/mount/,
    ],
    [
      'the variable, which is added',
      { probe: 'affected', libmount: '2.41' },
      { planned: mounted({ forced: true }) },
      'not-in-effect',
      /k0s sets LIBMOUNT_FORCE_MOUNT2=always, but kubelet \(pid 7.*without it/,
    ],
    [
      'the variable, which is added, tested',
      { probe: 'affected' },
      { planned: mounted({ forced: true }), plannedProbe: probed('fixed') },
      'not-in-effect',
      /without it/,
    ],
    [
      'the variable, which is dropped',
      { probe: 'fixed with the variable', libmount: '2.41', variable: 'always' },
      { mount: mounted({ forced: true }) },
      'lost-at-restart',
      /started with LIBMOUNT_FORCE_MOUNT2=always, but k0s does not set it/,
    ],
    [
      'the variable, which is not needed',
      { probe: 'fixed', libmount: '2.41.1', variable: 'always' },
      { mount: mounted({ forced: true }) },
      'none',
      /both work/,
    ],
    [
      'the library',
      { probe: 'affected' },
      {
        mount: mounted({ library: '/x' }),
        planned: mounted({ library: '/y' }),
        plannedProbe: probed('fixed'),
      },
      'not-in-effect',
      /another libmount/,
    ],
    [
      'by version, where nothing was tested',
      { libmount: '2.41' },
      { planned: other({ version: '2.41.1' }) },
      'not-in-effect',
      /restart k0s/,
    ],
    [
      'by version, the other way',
      { libmount: '2.41.1' },
      { planned: other({ version: '2.41' }) },
      'lost-at-restart',
      /lost/,
    ],
    [
      'something that cannot be determined',
      { probe: 'fixed' },
      { planned: other() },
      'unknown',
      /cannot determine what a restart of k0s would change/,
    ],
    [
      'something, though its patches are of another mount',
      { probe: 'fixed', nixpkgs: ['2.41', 'fix-mount-regression.patch'] },
      { planned: other() },
      'unknown',
      /cannot determine/,
    ],
    [
      'something, though the channel is known',
      { probe: 'fixed', channel: 'nixos-24.11' },
      { planned: other() },
      'unknown',
      /cannot determine/,
    ],
    [
      'what is not known now',
      {},
      { planned: other(), plannedProbe: probed('fixed') },
      'unknown',
      /cannot determine/,
    ],
    [
      'what its unknown unit says',
      { probe: 'fixed' },
      { unit: unknown('no-unit', 'no unit') },
      'unknown',
      /^no unit$/,
    ],
    [
      'what has no mount',
      { probe: 'fixed' },
      { planned: none },
      'unknown',
      /what k0s would give kubelet: a reason/,
    ],
    ['what cannot be read', {}, { mount: none }, 'unknown', /^a reason$/],
    ['nothing that runs', {}, { kubelet: unknown('no-kubelet', 'none') }, 'none', /no kubelet is running/],
  ])('%s', (_, now, changes, state, says) => {
    const drift = driftOf(node(changes), facts(now), advisory);
    expect(drift.because).toMatch(says);
    expect(drift.state).toBe(state);
  });
});
