/** What a user can set in services.subpathfix, and what comes of it. */
import { describe, expect, it } from 'vitest';
import type { Evaluated } from '../helpers/nix.ts';
import { evaluateModule, evaluateModules, nodes, type Wanted } from '../helpers/nixos-module.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const { k0s } = nodes;
const scratch = await scratchDirectory();

describe('the distribution, its unit and the strategy', () => {
  it.each(Object.entries(nodes))('of %s are found', async (_, node) => {
    const result = await evaluateModule(
      scratch,
      node,
      'enable = true; fix.enable = true; gate.enable = true;',
    );
    expect(result).toMatchObject({
      failed: [],
      warnings: [],
      kubelet: { state: 'fixed' },
      wrapper: { state: 'affected' },
    });
    expect(Object.keys(result.checks)).toEqual(['subpath-fix']);
    // The gate tests what kubelet will run: the first util-linux of its PATH.
    const [, searchPath = ''] = /'PATH=([^']*)/.exec(result.checks['subpath-fix'] ?? '') ?? [];
    expect(searchPath.split(':').find((directory) => directory.includes('util-linux'))).toBe(
      result.kubelet.mount,
    );
  });
});

const everything = 'enable = true; fix.enable = true; fix.wrapper = true; gate.enable = true;';

describe('where util-linux does not have the defect', async () => {
  const systems = Object.entries(nodes).flatMap(([name, node]) =>
    ['patched-2.41', 'fetched-2.41', 'fixed-2.41.1', 'older-2.40.4'].map((variant) => ({
      name: `${name} with ${variant}`,
      node: { ...node, variant },
    })),
  );
  const without = await evaluateModules(
    scratch,
    systems.map(({ node }) => [node, '']),
  );
  const withFix = await evaluateModules(
    scratch,
    systems.map(({ node }) => [node, everything]),
  );

  it.each(systems.map(({ name }, index) => [name, index] as const))(
    'the fix changes nothing of %s',
    (_, index) => {
      const { check: installed, checks, ...rest } = withFix[index] ?? ({} as Evaluated);
      expect(installed.packages).toEqual(['subpathfix']);
      expect(Object.keys(checks)).toEqual(['subpath-fix', 'subpath-fix-wrapper']);
      expect({ ...rest, check: 0, checks: 0 }).toEqual({ ...without[index], check: 0, checks: 0 });
      expect(rest.warnings).toEqual([]);
    },
  );

  it('a k0s from another nixpkgs gets the fix all the same', async () => {
    const node = { ...k0s, variant: 'fixed-2.41.1' };
    const more = { package: 'foreign', foreign: 'bare-2.41' } as const;
    expect((await evaluateModule(scratch, node, '', more)).kubelet.state).toBe('affected');
    expect(
      (await evaluateModule(scratch, node, 'enable = true; fix.enable = true;', more)).kubelet.state,
    ).toBe('fixed');
  });
});

describe('what cannot work fails the evaluation', async () => {
  const refused: [what: string, options: string, message: RegExp, more?: Wanted[2]][] = [
    ['without enable', 'fix.enable = true;', /enable is not set, so fix, gate and check have no effect/],
    ['a timer without enable', 'check.timer = "hourly";', /enable is not set/],
    [
      'two distributions',
      'enable = true; fix.enable = true;',
      /which kubelet\? This configuration enables k0s and k3s\. Set services\.subpathfix\.distribution to one of k0s, k3s, kubernetes, rke2/,
      { user: 'services.k3s.enable = true;' },
    ],
    [
      'no distribution',
      'enable = true; gate.enable = true;',
      /enables no distribution/,
      { user: 'services.k0s.enable = lib.mkForce false; systemd.services.k0s.path = [ ];' },
    ],
    [
      'a strategy that does not reach kubelet',
      'enable = true; fix.enable = true; fix.strategy = "package";',
      /package does not reach kubelet of k0s\. Set it to path or env/,
    ],
    [
      'an old name of the unit',
      'enable = true; fix.enable = true; unit = "k0sworker";',
      /has no service "k0sworker" .* set services\.subpathfix\.unit/,
    ],
    [
      'a relative directory',
      'enable = true; check.timer = "hourly"; check.textfileDirectory = "metrics";',
      /metrics is not an absolute path/,
    ],
    [
      'a directory with blanks',
      'enable = true; check.timer = "hourly"; check.textfileDirectory = "/var/a b";',
      /is not an absolute path of letters/,
    ],
    [
      'a directory without a timer',
      'enable = true; check.textfileDirectory = "/var/lib/metrics";',
      /nothing is written there without/,
    ],
    [
      'a gate before NixOS 24.11',
      'enable = true; gate.enable = true;',
      /needs NixOS 24\.11 or newer/,
      { preSwitchChecks: false },
    ],
    [
      'a definition that replaces it',
      'enable = true; fix.enable = true;',
      /KUBELET_PATH of service "k0s" does not begin with the patched util-linux/,
      { user: 'systemd.services.k0s.environment.KUBELET_PATH = lib.mkForce "/bin";' },
    ],
  ];
  const results = await evaluateModules(
    scratch,
    refused.map(([, options, , more]) => [k0s, options, more]),
  );

  it.each(refused.map(([what, , message], index) => [what, index, message] as const))(
    '%s',
    (_, index, message) => {
      expect(results[index]?.failed.join('\n')).toMatch(message);
    },
  );

  it.each([
    ['fix.strategy = "overlay";', 'one of "path", "package", "env"'],
    ['distribution = "microk8s";', 'one of "k0s", "k3s", "kubernetes", "rke2"'],
    ['gate.enable = "yes";', "not of type `boolean'"],
    ['package = "subpathfix";', "not of type `package'"],
    ['check.timer = 3600;', "not of type `string'"],
    ['check.interval = "hourly";', 'does not exist'],
  ])('%s is refused by its type', async (options, type) => {
    await expect(
      evaluateModule(scratch, k0s, `enable = true; fix.enable = true; fix.wrapper = true; ${options}`),
    ).rejects.toThrow(type);
  });
});
