/** What a user can set in services.subpathfix, and what comes of it. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Evaluated, evaluateTable } from '../helpers/nix.ts';
import { moduleRow } from '../helpers/nixos-module.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();

const k0s = {
  distribution: 'k0s',
  role: 'worker',
  unit: 'k0s',
  era: '2026-08',
  variant: 'bare-2.41',
} as const;
const k3s = {
  distribution: 'k3s',
  role: 'server',
  unit: 'k3s',
  era: '2025-05',
  variant: 'bare-2.41',
} as const;
const rke2 = { ...k3s, distribution: 'rke2', role: 'agent', unit: 'rke2-agent' } as const;
const kubernetes = { ...k3s, distribution: 'kubernetes', role: 'node', unit: 'kubelet' } as const;
const all = { k0s, k3s, rke2, kubernetes };

async function evaluate(
  node: Parameters<typeof moduleRow>[1],
  options: string,
  more: Parameters<typeof moduleRow>[3] & { user?: string } = {},
): Promise<Evaluated> {
  const { user = '', ...row } = more;
  const services = options === '' ? '' : `services.subpathfix = { ${options} };`;
  const [result] = await evaluateTable(scratch, [await moduleRow(scratch, node, `${services} ${user}`, row)]);
  if (!result) throw new Error('nothing was evaluated');
  return result;
}

describe('the distribution, its unit and the strategy', () => {
  it.each(Object.entries(all))('of %s are found', async (_, node) => {
    const result = await evaluate(node, 'enable = true; fix.enable = true; gate.enable = true;');
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

describe('where util-linux does not have the defect', () => {
  it.each(
    Object.entries(all).flatMap(([name, node]) =>
      ['patched-2.41', 'fetched-2.41', 'fixed-2.41.1', 'older-2.40.4'].map((variant) => ({
        name,
        node,
        variant,
      })),
    ),
  )('the fix changes nothing of $name with $variant', async ({ node, variant }) => {
    const here = { ...node, variant };
    const [without, withFix] = await evaluateTable(scratch, [
      await moduleRow(scratch, here, ''),
      await moduleRow(scratch, here, `services.subpathfix = { ${everything} };`),
    ]);
    const { check: _, checks: __, ...rest } = withFix ?? ({} as Evaluated);
    const { check: ___, checks: ____, ...before } = without ?? ({} as Evaluated);
    expect(rest).toEqual(before);
    expect(rest.warnings).toEqual([]);
  });

  it('a k0s from another nixpkgs gets the fix all the same', async () => {
    const node = { ...k0s, variant: 'fixed-2.41.1' };
    const more = { package: 'foreign', foreign: 'bare-2.41' } as const;
    expect((await evaluate(node, '', more)).kubelet.state).toBe('affected');
    expect((await evaluate(node, 'enable = true; fix.enable = true;', more)).kubelet.state).toBe('fixed');
  });
});

describe('what cannot work fails the evaluation', () => {
  it.each<[what: string, options: string, message: RegExp, more?: Parameters<typeof evaluate>[2]]>([
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
  ])('%s', async (_, options, message, more) => {
    expect((await evaluate(k0s, options, more)).failed.join('\n')).toMatch(message);
  });

  it.each([
    ['fix.strategy = "overlay";', 'one of "path", "package", "env"'],
    ['distribution = "microk8s";', 'one of "k0s", "k3s", "kubernetes", "rke2"'],
    ['gate.enable = "yes";', "not of type `boolean'"],
    ['package = "subpathfix";', "not of type `package'"],
    ['check.timer = 3600;', "not of type `string'"],
    ['check.interval = "hourly";', 'does not exist'],
  ])('%s is refused by its type', async (options, type) => {
    await expect(
      evaluate(k0s, `enable = true; fix.enable = true; fix.wrapper = true; ${options}`),
    ).rejects.toThrow(type);
  });
});

describe('what is installed', () => {
  it('is nothing by default', async () => {
    const { check, checks, failed } = await evaluate(k0s, '');
    expect({ check, checks, failed }).toEqual({
      ...{ check: { unit: {}, timer: null, rules: [], packages: [] }, checks: {}, failed: [] },
    });
  });

  it('is the program, and what checks by a timer', async () => {
    const { check, units } = await evaluate(
      k0s,
      'enable = true; check.timer = "hourly"; check.onFailure = [ "mail@%n.service" ]; check.textfileDirectory = "/var/lib/metrics";',
    );
    expect(check).toMatchObject({
      packages: ['subpathfix'],
      rules: ['d /var/lib/metrics - - - -'],
      timer: { wantedBy: ['timers.target'], timerConfig: { OnCalendar: 'hourly', Persistent: true } },
      unit: { onFailure: ['mail@%n.service'], serviceConfig: { Type: 'oneshot', NoNewPrivileges: true } },
    });
    expect(units).toContain('subpathfix-check');
  });

  it.each(['', 'check.textfileDirectory = "/var/lib/metrics";'])(
    'has a script without faults %s',
    async (more) => {
      const row = await moduleRow(
        scratch,
        k0s,
        `services.subpathfix = { enable = true; check.timer = "hourly"; ${more} };`,
      );
      const [system] = await evaluateTable(scratch, [row], ['--read-write-mode']);
      await execa(tool('shellcheck'), [String(system?.check.unit.serviceConfig?.['ExecStart'])]);
    },
  );

  it('has no setting that would give it a mount namespace of its own', async () => {
    const { check } = await evaluate(k0s, 'enable = true; check.timer = "hourly";');
    const names = Object.keys(check.unit.serviceConfig ?? {});
    expect(names).toContain('CapabilityBoundingSet');
    // systemd.exec(5): what is done by mounts; a kubelet in another mount namespace is not this node's.
    expect(
      names.filter((name) =>
        /^(Protect|Private|ReadOnly|ReadWrite|Inaccessible|Bind|Temporary|Root|Mount|Dynamic)/.test(name),
      ),
    ).toEqual([]);
  });
});
