import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeRoot } from '../helpers/node-root.ts';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

/** What somebody reads who has never seen this program: each line is for the system that it is about, and said once. */

const scratch = await scratchDirectory();
const roots = new Map<string, string>();
function from(name: string): string[] {
  const directory = roots.get(name) ?? nodeRoot(scratch, name);
  roots.set(name, directory);
  return ['--node-root', directory];
}
const nixpkgs = path.join(root, 'test/fixtures/nixpkgs');

/** The lines below a title. */
function section(stdout: string, title: string): string[] {
  const lines = stdout.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`  ${title} `));
  const rest = lines.slice(first + 1);
  const count = rest.findIndex((line) => !line.startsWith(' '.repeat(15)));
  return first < 0 ? [] : [lines[first] ?? '', ...rest.slice(0, count)].map((line) => line.slice(15));
}

describe.each(['check', 'generate'])('%s', (command) => {
  it.each<[node: string, upgrade: string]>([
    ['debian-k3s-agent-affected', 'sudo apt update && sudo apt install --only-upgrade libmount1 mount'],
    ['arch-microk8s-affected', 'sudo pacman -Syu'],
  ])('speaks of no nixpkgs on %s, and says how to upgrade', async (node, upgrade) => {
    const dry = command === 'generate' ? ['--dry-run'] : [];
    const { stdout } = await subpathfix([command, ...from(node), ...dry]);
    expect(stdout).toMatch(new RegExp(`[Pp]ermanent fix: upgrade util-linux: ${upgrade}$`, 'm'));
    expect(stdout).not.toMatch(/nixpkgs|channel|nixos-rebuild|flake/i);
  });

  it('speaks of no nixpkgs for a system that an option names', async () => {
    const dry = command === 'generate' ? ['--dry-run'] : [];
    for (const version of ['2.41', '2.41-3']) {
      const { stdout } = await subpathfix([command, '--channel', 'debian', '--util-linux', version, ...dry]);
      expect(stdout).toMatch(/^affected: /);
      expect(stdout.replaceAll(/--channel debian/g, '')).not.toMatch(/nixpkgs|channel|nixos-rebuild|flake/i);
    }
  });
});

describe('check', () => {
  it.each<[args: string[], confirm: string[], next: RegExp[]]>([
    [['--channel', 'nixos-25.05'], ["test kubelet's mount, on the node: sudo subpathfix check"], []],
    [from('nixos-without-kubelet'), ['when kubelet runs, test its mount: sudo subpathfix check'], []],
    [
      from('k0s-worker-affected'),
      [],
      [
        /^test kubelet's mount, on the node, because some revisions .* still report 2\.41: sudo subpathfix check$/,
        /^write the fix: subpathfix generate --node-root /,
        /^permanent fix: move to a channel/,
      ],
    ],
    [
      from('k0s-csi-wrapper'),
      [],
      [
        /^prove it, on the node: sudo subpathfix verify$/,
        /^util-linux 2\.41\.1 lacks later security fixes .*: move to a channel with 2\.41\.4 or newer$/,
        /^fix that mount too: subpathfix generate --node-root \S+ --strategy wrapper$/,
      ],
    ],
    [
      from('debian-fixed'),
      [],
      [
        /^prove it, on the node: sudo subpathfix verify$/,
        /lacks later security fixes .*: upgrade it to 2\.41\.4 or newer: sudo apt update && /,
      ],
    ],
    [['--util-linux', '2.42.4'], [], [/^prove it, on the node: sudo subpathfix verify$/]],
    [['--nixpkgs', path.join(nixpkgs, 'bare-2.41')], [], [/^write the fix: /, /^permanent fix: /]],
    [['--channel', 'nixos-25.05', '--role', 'controller'], [], []],
  ])('%j', async (args, confirm, next) => {
    const { stdout } = await subpathfix(['check', ...args]);
    expect(section(stdout, 'to confirm')).toEqual(confirm);
    const lines = section(stdout, 'next');
    expect(lines).toEqual(next.map((pattern) => expect.stringMatching(pattern)));
    const all = stdout.split('\n').map((line) => line.slice(15).replace(/^ *-> /, ''));
    const long = all.filter((line) => line.length > 20);
    expect(new Set(long).size).toBe(long.length);
  });

  it.each<[args: string[], exitCode: number, says: RegExp]>([
    [
      ['--distro', 'k3s', '--role', 'agent'],
      1,
      /subpathfix generate --util-linux 2\.41 --distro k3s --role agent$/m,
    ],
    [
      ['--unit', 'k0s', '--package-wrapped', 'yes'],
      1,
      /subpathfix generate .* --unit k0s --package-wrapped yes$/m,
    ],
    [['--role', 'controller'], 0, /^not affected: .*\n +decided by +role: --role controller$/m],
    [['--distro', 'k3s', '--role', 'worker'], 2, /the roles of k3s are server, agent/],
    [['--unit', 'a b'], 2, /is not a valid systemd service name/],
    [['--distro', 'minikube'], 2, /Allowed choices are k0s, k3s/],
    [['--package-wrapped', 'perhaps'], 2, /Allowed choices are/],
  ])('takes the options of the system to fix: %j', async (args, exitCode, says) => {
    const result = await subpathfix(['check', '--util-linux', '2.41', ...args]);
    expect(result.stdout + result.stderr).toMatch(says);
    expect(result.exitCode).toBe(exitCode);
  });

  it('believes a node and not --role about what runs there', async () => {
    const { exitCode } = await subpathfix(['check', ...from('k0s-worker-affected'), '--role', 'controller']);
    expect(exitCode).toBe(1);
  });
});

describe('generate', () => {
  it.each<[args: string[], says: string[], never: RegExp]>([
    [
      ['--channel', '25.05.20250522.55d1f92'],
      ['sudo nixos-rebuild switch --flake .#HOST', 'git add overlay.nix subpath-fix.nix'],
      /configuration\.nix/,
    ],
    [
      ['--channel', 'nixos-25.05', '--util-linux', '2.41'],
      ['sudo nixos-rebuild switch', 'With flakes, add --flake .#HOST'],
      /switch --flake/,
    ],
  ])('%j says its assumptions first, and how this system is rebuilt', async (args, says, never) => {
    const { exitCode, stdout } = await subpathfix(['generate', ...args, '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').slice(0, 4).join('\n')).toMatch(/assumed +distribution k0s[\s\S]*role single/);
    for (const text of says) expect(stdout).toContain(text);
    expect(stdout).not.toMatch(never);
    expect(stdout).not.toMatch(/to confirm|chain/);
  });
});

describe('a narrow terminal', () => {
  it('folds what a person reads, and no command', async () => {
    const { human } = await import('../../src/report/formats/human.ts');
    const { statusDocument } = await import('../../src/report/documents/status.ts');
    const { stdout } = await subpathfix(['status', '--offline', '--no-cache', '--json']);
    const text = human(statusDocument(JSON.parse(stdout)), { color: false, columns: 60 });
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 60 && !/^ +subpathfix status /.test(line))).toEqual([]);
    expect(lines[2]).toMatch(/^CHANNEL +DATE +UTIL-LINUX +VERDICT$|^CHANNEL +UTIL-LINUX +VERDICT$/);
    expect(text).toMatch(/next: check today's revision:\n +subpathfix status nixos-unstable \S+ \S+\n/);
  });
});
