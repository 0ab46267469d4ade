/** Every fix in every system that it is for: what kubelet would run is compared with what the fix promises. */
import { beforeAll, describe, expect, it } from 'vitest';
import { distributions } from '../../src/distributions/index.ts';
import { type Placed, placed, rowOf } from '../helpers/eras.ts';
import { type Evaluated, evaluateTable } from '../helpers/nix.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const fixes = placed(scratch);
let results: Map<Placed, Evaluated>;
beforeAll(async () => {
  const rows = await Promise.all(
    fixes.map((fix) => rowOf(fix, isUnwrapped(fix) ? { package: 'unwrapped' } : {})),
  );
  const evaluated = await evaluateTable(scratch, rows);
  results = new Map(fixes.flatMap((fix, index) => (evaluated[index] ? [[fix, evaluated[index]]] : [])));
}, 120_000);

/** For these, --package-wrapped no is what the user says of an own package. */
const isUnwrapped = ({ distribution, packageWrapped }: Placed): boolean =>
  packageWrapped === 'no' && distributions[distribution].wrapped === 'yes';

const isPlain = ({ role, variant, distribution }: Placed): boolean =>
  variant === 'bare-2.41' && role === distributions[distribution].roles[0];

describe('every strategy, distribution, role and era', () => {
  it('is many', () => {
    process.stdout.write(`evaluated: ${fixes.length} systems\n`);
    expect(fixes.length).toBeGreaterThanOrEqual(664);
  });

  it.each(fixes.map((fix) => [`${fix.name} of ${fix.era}`, fix] as const))('%s', (_, fix) => {
    const result = results.get(fix);
    const { strategies, era, distribution } = fix;
    const forKubelet = strategies[0] !== 'wrapper';
    // nixpkgs' own fix, or k0s-nix's.
    const ownFix = /^(k3s 2025-05-(17|22)|kubernetes 2025-05-22|k0s 2025-06)$/.test(`${distribution} ${era}`);
    const forced = strategies.includes('env') ? 'always' : null;
    const wrapper = strategies.includes('wrapper') || strategies.includes('overlay') ? 'fixed' : 'affected';
    expect(result).toMatchObject({
      failed: [],
      kubelet: { forced, state: (forKubelet && !forced) || ownFix ? 'fixed' : 'affected' },
      wrapper: { setuid: true, state: wrapper },
    });
    const saysOwnFix = ownFix && distribution !== 'k0s' && forKubelet && !strategies.includes('overlay');
    expect(result?.warnings.map((text) => /gives kubelet .* itself/.test(text))).toEqual(
      saysOwnFix ? [true] : [],
    );
    expect(Object.keys(result?.checks ?? {})).toEqual(fix.gate ? ['subpath-fix'] : []);
    if (!strategies.includes('overlay') && isPlain(fix))
      expect(result?.utilLinux).toMatch(/-util-linux-2\.41\+rtcwake\.patch-bin$/);
  });
});
