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
    [{ distribution: 'k3s', strategies: ['env'] }, 'env', null],
    [{ distribution: 'k3s', strategies: ['env', 'env'] }, 'env', null],
    [{ strategies: ['wrapper', 'env'] }, 'env', null],
    [{ distribution: 'k3s', withPatches: true }, 'wrapper', /fixes kubelet of k3s itself/],
    [{ distribution: 'kubernetes', withPatches: true }, 'wrapper', /fixes kubelet of kubernetes itself/],
    [{ distribution: 'rke2', withPatches: true }, 'package', /does not reach kubelet of rke2/],
    [{ distribution: 'k0s', withPatches: true }, 'path', /reaches kubelet of k0s/],
    [{ distribution: aside }, 'drop-in', /NixOS has no module for aside/],
    [{ distribution: aside, strategies: ['drop-in'] }, 'drop-in', null],
  ])('for %j is %s', (request, strategy, chosen) => {
    const remedy = planned(request);
    expect(remedy.strategy).toBe(strategy);
    if (chosen === null) expect(remedy.chosen).toBeNull();
    else expect(remedy.chosen).toMatch(chosen);
  });

  it.each<[request: Partial<RemedyRequest>, says: RegExp]>([
    [
      { distribution: 'k3s', strategies: ['path'] },
      /does not reach kubelet of k3s.*--strategy package or --strategy env or --package-wrapped no/,
    ],
    [
      { distribution: 'kubernetes', strategies: ['path'], packageWrapped: 'yes' },
      /Use --strategy env or --package/,
    ],
    [{ distribution: 'kubernetes', strategies: ['package'] }, /takes no util-linux.*Use --strategy path or/],
    [
      { distribution: 'k3s', strategies: ['path', 'wrapper'] },
      /--strategy path does not reach kubelet of k3s/,
    ],
    [{ strategies: ['path', 'env'] }, /--strategy path --strategy env: these do not go together/],
    [{ strategies: ['overlay', 'wrapper'] }, /do not go together.*wrapper with path, package, env$/],
    [{ strategies: ['drop-in', 'wrapper'] }, /do not go together/],
    [{ strategies: ['path', 'wrapper', 'env'] }, /do not go together/],
    [{ distribution: aside, strategies: ['env', 'wrapper'] }, /NixOS has no module for aside/],
    [
      { distribution: aside, strategies: ['path'] },
      /--strategy path: NixOS has no module for aside.*drop-in$/,
    ],
    [{ distribution: aside, gate: true }, /--gate: only NixOS/],
    [{ strategies: ['drop-in'], gate: true }, /--gate: only NixOS/],
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
    [{ strategies: ['env'] }, ['only-kubelet-fixed']],
    [{ strategies: ['drop-in'], role: 'controller' }, ['only-kubelet-fixed', 'no-kubelet']],
    [{ strategies: ['wrapper'] }, ['kubelet-not-fixed']],
    [{ strategies: ['wrapper'], kubeletIsGood: true }, []],
    [{ strategies: ['wrapper', 'env'] }, []],
    [{ distribution: 'k3s', strategies: ['wrapper'], withPatches: true }, []],
    [{ distribution: 'k3s', strategies: ['package'], withPatches: true }, ['fixed-by-nixpkgs']],
    [
      { distribution: 'kubernetes', strategies: ['path', 'wrapper'], withPatches: true },
      ['fixed-by-nixpkgs'],
    ],
    [{ distribution: 'kubernetes', strategies: ['overlay'], withPatches: true }, []],
    [{ strategies: ['overlay'] }, ['other-nixpkgs']],
    [{ strategies: ['overlay'], packageWrapped: 'no' }, []],
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
    ['rke2', 'package', /whole of rke2, which is compiled again\. --strategy env builds nothing/],
    ['k3s', 'env', /only the configuration/],
    ['kubernetes', 'path', /only util-linuxMinimal/],
    ['k0s', 'overlay', /mass rebuild/],
  ] as const)('for %s by %s say what is built', (distribution, strategy, says) => {
    expect(planned({ distribution, strategies: [strategy] }).steps[1]?.text).toMatch(says);
  });

  it('say that kubelet of k0s can outlive its unit', () => {
    const restart = (distribution: DistributionName) =>
      planned({ distribution, strategies: ['env'] }).steps.find(({ commands: [command] }) =>
        command?.includes('systemctl restart'),
      );
    expect(restart('k0s')?.text).toContain('KillMode=process');
    expect(restart('k3s')?.text).not.toContain('KillMode');
  });

  it('for both kubelet and the wrapper say what each needs', () => {
    const { steps, strategies } = planned({ distribution: 'k3s', strategies: ['env', 'wrapper'] });
    const commands = steps.flatMap(({ commands }) => commands);
    expect(strategies).toEqual(['env', 'wrapper']);
    expect(steps[1]?.text).toMatch(/only util-linuxMinimal/);
    expect(commands).toContain('sudo systemctl restart k3s');
    expect(commands).toContain('subpathfix probe --mount /run/wrappers/bin/mount');
  });

  it('end in a proof', () => {
    expect(planned({}).steps.flatMap(({ commands }) => commands)).toContain('sudo subpathfix verify');
    expect(planned({ strategies: ['wrapper'] }).steps.flatMap(({ commands }) => commands)).toContain(
      'subpathfix probe --mount /run/wrappers/bin/mount',
    );
  });
});
