import { describe, expect, it, vi } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import type { Distribution } from '../../src/distributions/distribution.ts';
import { type DistributionName, distributionNames, kubeletUnits } from '../../src/distributions/index.ts';
import { UserError } from '../../src/errors.ts';
import { plan, type RemedyRequest } from '../../src/remedy/plan.ts';

/** A distribution without a NixOS module, as one more line of the table. */
vi.mock('../../src/distributions/table.ts', async (original) => {
  const table = await original<Record<string, Distribution>>();
  const aside = { ...table['kubernetes'], onNixos: false, units: ['a.b'], unitOf: () => 'a.b' };
  return { ...table, aside };
});
const aside = 'aside' as DistributionName;

const planned = (request: Partial<RemedyRequest>) =>
  plan({ gate: false, header: { version: '0', command: '', why: '' }, out: 'fix', ...request }, advisory);

describe('the strategy', () => {
  it.each<[request: Partial<RemedyRequest>, strategy: string, chosen: RegExp | null]>([
    [{}, 'path', /PATH reaches kubelet of k0s/],
    [{ distribution: 'k0s', packageWrapped: 'yes' }, 'path', /PATH reaches kubelet of k0s/],
    [{ distribution: 'kubernetes' }, 'path', /PATH reaches kubelet of kubernetes/],
    [{ distribution: 'kubernetes', packageWrapped: 'unknown' }, 'env', /its package may put/],
    [{ distribution: 'k3s' }, 'package', /does not reach kubelet of k3s: its package puts/],
    [{ distribution: 'rke2', packageWrapped: 'no' }, 'path', /PATH reaches kubelet of rke2/],
    [{ distribution: 'k3s', strategy: 'env' }, 'env', null],
    [{ distribution: aside }, 'drop-in', /NixOS has no module for aside/],
    [{ distribution: aside, strategy: 'drop-in' }, 'drop-in', null],
  ])('for %j is %s', (request, strategy, chosen) => {
    const remedy = planned(request);
    expect(remedy.strategy).toBe(strategy);
    if (chosen === null) expect(remedy.chosen).toBeNull();
    else expect(remedy.chosen).toMatch(chosen);
  });

  it.each<[request: Partial<RemedyRequest>, says: RegExp]>([
    [
      { distribution: 'k3s', strategy: 'path' },
      /does not reach kubelet of k3s.*--strategy package or --strategy env or --package-wrapped no/,
    ],
    [
      { distribution: 'kubernetes', strategy: 'path', packageWrapped: 'yes' },
      /Use --strategy env or --package/,
    ],
    [{ distribution: 'kubernetes', strategy: 'package' }, /takes no util-linux.*Use --strategy path or/],
    [{ distribution: aside, strategy: 'path' }, /--strategy path: NixOS has no module for aside.*drop-in$/],
    [{ distribution: aside, gate: true }, /--gate: only NixOS/],
    [{ strategy: 'drop-in', gate: true }, /--gate: only NixOS/],
    [{ distribution: 'k3s', role: 'worker' }, /the roles of k3s are server, agent/],
    [{ unit: 'a"b' }, /--unit "a\\"b" is not a valid systemd service name/],
  ])('%j is refused', (request, says) => {
    const attempt = () => planned(request);
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(says);
  });
});

describe('a distribution that is one more line of the table', () => {
  it('is known everywhere', () => {
    expect(distributionNames).toContain(aside);
    expect(kubeletUnits).toContain('a.b');
  });

  it('has its own unit in the drop-in', () => {
    const { files, system, steps } = planned({ distribution: aside });
    expect(files.map(({ path }) => path)).toEqual(['a.b.service.d/50-subpathfix.conf']);
    expect(system.assumed).toEqual([]);
    expect(steps.flatMap(({ commands }) => commands)).toContain('sudo systemctl restart a.b');
  });
});

describe('the warnings', () => {
  it.each<[request: Partial<RemedyRequest>, own: string[]]>([
    [{ role: 'worker' }, []],
    [{ role: 'controller' }, ['no-kubelet']],
    [{ strategy: 'env' }, ['only-kubelet-fixed']],
    [{ strategy: 'drop-in', role: 'controller' }, ['only-kubelet-fixed', 'no-kubelet']],
    [{ strategy: 'wrapper' }, ['kubelet-not-fixed']],
    [{ strategy: 'overlay' }, ['other-nixpkgs']],
    [{ strategy: 'overlay', packageWrapped: 'no' }, []],
  ])('for %j', (request, own) => {
    const codes = planned(request).warnings.map(({ code }) => code);
    expect(codes).toEqual(['later-security-fixes', ...own, 'stuck-pods']);
  });

  it('name the release that has all fixes', () => {
    expect(planned({}).warnings[0]?.text).toMatch(/2\.41 with the fix .*2\.41\.4.*move to a channel with/);
  });
});

describe('the steps', () => {
  it.each([
    ['k0s', 'package', /new wrapper around k0s/],
    ['k3s', 'package', /outer program, which is compiled again/],
    ['rke2', 'package', /whole of rke2/],
    ['k3s', 'env', /only the configuration/],
  ] as const)('for %s by %s say what is built', (distribution, strategy, says) => {
    expect(planned({ distribution, strategy }).steps[1]?.text).toMatch(says);
  });

  it('say that kubelet of k0s can outlive its unit', () => {
    const restart = (distribution: DistributionName) =>
      planned({ distribution, strategy: 'env' }).steps.find(({ commands: [command] }) =>
        command?.includes('systemctl restart'),
      );
    expect(restart('k0s')?.text).toContain('KillMode=process');
    expect(restart('k3s')?.text).not.toContain('KillMode');
  });

  it('end in a proof', () => {
    expect(planned({}).steps.flatMap(({ commands }) => commands)).toContain('sudo subpathfix verify');
    expect(planned({ strategy: 'wrapper' }).steps.flatMap(({ commands }) => commands)).toContain(
      'subpathfix probe --mount /run/wrappers/bin/mount',
    );
  });
});
