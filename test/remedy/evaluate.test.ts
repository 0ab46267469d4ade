import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Case, caseNamed, cases, fixFor, writeCase } from '../helpers/cases.ts';
import { type Evaluated, engines, evaluate, parses } from '../helpers/nix.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const nixCases = cases.filter(({ strategy }) => strategy !== 'drop-in');

let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
});

/** Evaluates a case in a system whose service has the unit's name, unless another is said. */
async function evaluated(
  tested: Case & { unit?: string },
  system: { unit?: string; variant?: string } = {},
  engine = engines[0],
): Promise<Evaluated> {
  const { remedy, files } = fixFor(tested);
  const directory = path.join(scratch, `${tested.name}-${Math.random().toString(36).slice(2)}`);
  await writeCase(directory, files);
  for (const file of files) await parses(path.join(directory, file.path), scratch);
  return evaluate(
    scratch,
    { directory, distro: tested.distribution, unit: remedy.system.unit, ...system },
    engine,
  );
}

const first = (searchPath: string | undefined): string | undefined => searchPath?.split(':')[0];
const bin = (store: string | null): string => `${store}-bin/bin`;
const gone = /does not have the subPath mount defect.*can be removed/;

describe.each(engines)('evaluated by %s', (engine) => {
  it.each(nixCases.map((tested) => [tested.name, tested] as const))('%s takes effect', async (_, tested) => {
    const result = await evaluated(tested, {}, engine);
    const { environment, patched } = result;
    expect(result.failed).toEqual([]);
    expect(result.warnings).toEqual([]);
    expect(result.trace).not.toContain('warning: subpathfix');
    expect(result.checks['subpath-fix'] !== undefined).toBe(tested.gate);
    const componentPath = tested.distribution === 'k0s' && tested.packageWrapped !== 'no';
    const original = '/nix/store/util-linux-2.41+rtcwake.patch';
    if (tested.strategy !== 'overlay') expect(result.utilLinux).toBe(original);
    switch (tested.strategy) {
      case 'path':
        expect(patched).toMatch(/util-linux-minimal-2\.41.*fetched-fix-mount-regression/);
        expect(first(environment['PATH'])).toBe(bin(patched));
        expect(environment['KUBELET_PATH']).toBe(componentPath ? environment['PATH'] : undefined);
        break;
      case 'env': {
        const variable = `${tested.distribution === 'k0s' ? 'KUBELET_' : ''}LIBMOUNT_FORCE_MOUNT2`;
        expect(Object.keys(environment).sort()).toEqual([variable, 'PATH'].sort());
        expect(environment[variable]).toBe('always');
        break;
      }
      case 'package':
        if (tested.distribution === 'k0s') {
          expect(result.package?.name).toBe('k0s-subpathfix');
          expect(result.package?.postBuild).toContain(`--prefix PATH : "${bin(patched)}:$out/bin"`);
        } else expect(result.package?.utilLinux).toBe(patched);
        break;
      case 'wrapper':
        expect(result.wrapper).toEqual({ source: `${bin(patched)}/mount`, setuid: true });
        break;
      case 'overlay':
        expect(result.utilLinux).toBe(`${original}+fetched-fix-mount-regression.patch`);
        expect(result.minimal).toMatch(/util-linux-minimal-2\.41.*fetched-fix-mount-regression/);
        expect(environment['PATH']).toContain(bin(result.utilLinux));
    }
  });

  it.each<[variant: string, patched: RegExp, goes: boolean]>([
    ['bare-2.41', /\+rtcwake\.patch\+fetched-fix-mount-regression\.patch$/, false],
    ['with-patches', /\+rtcwake\.patch\+fix-mount-regression\.patch$/, false],
    ['with-other-patches', /\+rtcwake\.patch\+fetched-fix-mount-regression\.patch$/, false],
    ['patched-2.41', /minimal-2\.41\+rtcwake\.patch\+fix-mount-regression\.patch$/, true],
    ['fetched-2.41', /minimal-2\.41\+fetched-libmount\.patch$/, true],
    ['fixed-2.41.1', /minimal-2\.41\.1\+rtcwake\.patch$/, true],
    ['older-2.40.4', /minimal-2\.40\.4\+rtcwake\.patch$/, true],
  ])('with util-linux %s', async (variant, patched, goes) => {
    const path = await evaluated(caseNamed('k0s-worker-path-wrapped-unknown'), { variant }, engine);
    expect(path.patched).toMatch(patched);
    expect(gone.test(path.trace)).toBe(goes);
    expect(first(path.environment['KUBELET_PATH'])).toBe(bin(path.patched));

    const env = await evaluated(caseNamed('k0s-worker-env'), { variant }, engine);
    expect(env.warnings.some((warning) => gone.test(warning))).toBe(goes);
    expect(env.environment['KUBELET_LIBMOUNT_FORCE_MOUNT2']).toBe('always');

    const overlay = await evaluated(caseNamed('k0s-worker-overlay'), { variant }, engine);
    expect(overlay.utilLinux.replace('util-linux-', 'util-linux-minimal-')).toBe(overlay.minimal);
    expect(overlay.minimal).toMatch(patched);
    expect(gone.test(overlay.trace)).toBe(goes);
  });

  it.each(
    nixCases
      .filter(({ strategy, gate }) => strategy !== 'wrapper' && !gate)
      .map((tested) => [tested.name, tested] as const),
  )('%s says so when the unit does not exist', async (_, tested) => {
    const { failed } = await evaluated(tested, { unit: 'another' }, engine);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/no service "[\w-]+" \(it has no ExecStart\).*--(role|unit)/s);
  });

  it('takes the renamed unit of k0s-nix', async () => {
    const result = await evaluated(
      { ...caseNamed('k0s-worker-path-wrapped-unknown'), unit: 'k0s' },
      {},
      engine,
    );
    expect(result.failed).toEqual([]);
    expect(result.units).toContain('k0s');
    expect(first(result.environment['KUBELET_PATH'])).toBe(bin(result.patched));
  });
});
