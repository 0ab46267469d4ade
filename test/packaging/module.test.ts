/** The fixes of services.subpathfix are those of `generate`, in every system of the tests that they are for. */
import { beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../helpers/cases.ts';
import { type Placed, rowOf } from '../helpers/eras.ts';
import { type Evaluated, evaluateTable } from '../helpers/nix.ts';
import { moduleFixes, moduleRow, moduleSettings } from '../helpers/nixos-module.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const scratch = await scratchDirectory();

const fixes = moduleFixes(scratch);

describe('a fix by the module', () => {
  let both: Map<Placed, [module: Evaluated, generated: Evaluated]>;
  beforeAll(async () => {
    const byModule = await evaluateTable(
      scratch,
      await Promise.all(fixes.map((fix) => moduleRow(scratch, fix, moduleSettings(fix)))),
    );
    const generated = await evaluateTable(scratch, await Promise.all(fixes.map((fix) => rowOf(fix))));
    both = new Map(
      fixes.flatMap((fix, index) => {
        const [one, other] = [byModule[index], generated[index]];
        return one && other ? [[fix, [one, other]]] : [];
      }),
    );
  }, 120_000);

  it('is for every distribution with a NixOS module', () => {
    expect(new Set(fixes.map(({ distribution }) => distribution))).toEqual(
      new Set(
        cases.filter(({ strategies }) => strategies[0] === 'env').map(({ distribution }) => distribution),
      ),
    );
    expect(fixes.length).toBeGreaterThan(60);
  });

  it.each(fixes.map((fix) => [`${fix.name} of ${fix.era}`, fix] as const))(
    '%s is that of generate',
    (_, fix) => {
      const [byModule, generated] = both.get(fix) ?? [];
      expect(generated?.failed).toEqual([]);
      const what = ({
        failed,
        kubelet,
        environment,
        wrapper,
        prefix,
        postBuild,
        units,
        utilLinux,
      }: Evaluated) => ({
        ...{ failed, kubelet, environment, wrapper, prefix, postBuild, units, utilLinux },
      });
      expect(byModule && what(byModule)).toEqual(generated && what(generated));
      expect(byModule?.warnings.length).toBe(generated?.warnings.length);
    },
  );
});

describe('the gate of the module is that of generate --gate', () => {
  const gated = fixes.filter(
    ({ strategies: [strategy], distribution }) =>
      strategy !== 'wrapper' && ['k0s', 'kubernetes'].includes(distribution),
  );

  it('for every distribution whose kubelet gets the PATH of its unit', async () => {
    const withGate = (fix: Placed): Placed => ({ ...fix, gate: true, directory: `${fix.directory}-gate` });
    const byModule = await evaluateTable(
      scratch,
      await Promise.all(
        gated.map((fix) =>
          moduleRow(scratch, fix, `${moduleSettings(fix)} services.subpathfix.gate.enable = true;`),
        ),
      ),
    );
    const generated = await evaluateTable(
      scratch,
      await Promise.all(gated.map((fix) => rowOf(withGate(fix)))),
    );
    // Where nothing sets the variable, the module's sets it to nothing, which libmount takes for unset.
    const checks = (systems: Evaluated[]) =>
      systems.map(({ checks: found }) => found['subpath-fix']?.replace(" 'LIBMOUNT_FORCE_MOUNT2='", ''));
    expect(checks(byModule)).toEqual(checks(generated));
    expect(gated.length).toBeGreaterThan(20);
  });
});
