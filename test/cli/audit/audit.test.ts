import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Audit, published } from '../../../src/report/documents/audit-shape.ts';
import { inProcess } from '../../helpers/in-process.ts';
import { parses } from '../../helpers/nix.ts';
import { commit, nixpkgs, serve } from '../../helpers/server.ts';
import { bare, temporary } from '../../helpers/status.ts';
import { type CliResult, root, scratchDirectory, subpathfix, tool } from '../../helpers/tools.ts';
import { type Configuration, configurations, flake, type Pinned } from './configurations.ts';
import { lookAlikes } from './look-alikes.ts';

/** Commits: a of a bare 2.41, b of one with withPatches, f of a fixed release. */
const server = await serve(
  nixpkgs({
    affected: { revision: commit('a'), nixpkgs: 'bare-2.41' },
    passthru: { revision: commit('b'), nixpkgs: 'with-patches' },
    fixed: { revision: commit('f'), nixpkgs: 'upstream-2.41.1' },
    older: { revision: commit('d'), nixpkgs: 'older-2.40.4' },
  }),
);
const scratch = await scratchDirectory();
const cache = temporary();
let count = 0;

async function directoryWith(files: Record<string, string>): Promise<string> {
  count += 1;
  const directory = path.join(scratch, String(count));
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

const commandLine = (directory: string, args: string[]): string[] => [
  ...['audit', directory, '--raw-base-url', `${server.url}/raw`],
  ...args,
];
const run = (directory: string, ...args: string[]): Promise<CliResult> =>
  subpathfix(commandLine(directory, args), { env: bare(cache) });
/** The same in this process: for the many that differ in what they read alone. */
const runHere = (directory: string, ...args: string[]): Promise<CliResult> =>
  inProcess(commandLine(directory, args), bare(cache));

/** A lock file with nixpkgs at this commit, and what stands beside it at that of an older one. */
function lockFile(
  pinned: Pinned,
  digit: string,
  beside: string[] = [],
  day = 1_700_000_000,
): Record<string, string> {
  const pin = { owner: 'NixOS', repo: 'nixpkgs', rev: commit(digit) };
  const node = (rev: string) => ({ locked: { type: 'github', ...pin, rev, lastModified: day } });
  switch (pinned) {
    case 'flake': {
      const others = Object.fromEntries(beside.map((name) => [name, node(commit('d'))]));
      const inputs = Object.fromEntries(['nixpkgs', ...beside].map((name) => [name, name]));
      const nodes = { root: { inputs }, nixpkgs: node(pin.rev), ...others };
      return { 'flake.lock': JSON.stringify({ version: 7, root: 'root', nodes }) };
    }
    case 'npins': {
      const repository = { type: 'GitHub', owner: 'NixOS', repo: 'nixpkgs' };
      const pins = { nixpkgs: { type: 'Git', repository, revision: pin.rev } };
      return { 'npins/sources.json': JSON.stringify({ version: 5, pins }) };
    }
    case 'niv':
      return { 'nix/sources.json': JSON.stringify({ nixpkgs: { ...pin, type: 'tarball' } }) };
    case 'channel':
      return {};
  }
}

interface Audited {
  directory: string;
  args: string[];
  exitCode: number | undefined;
  document: Audit;
}

async function audited({ pinned, files, beside }: Configuration, digit: string): Promise<Audited> {
  const directory = await directoryWith({ ...files, ...lockFile(pinned, digit, beside) });
  const args = pinned === 'channel' ? ['--util-linux', digit === 'f' ? '2.41.1' : '2.41'] : [];
  const { exitCode, stdout, stderr } = await runHere(directory, ...args, '--json', '--diff');
  expect(stderr).toBe('');
  return { directory, args, exitCode, document: published(z).parse(JSON.parse(stdout)) };
}

const places = ({ findings }: Audit): string[] =>
  findings.map(({ file, line, kind }) => `${file}:${line} ${kind}`);

describe.concurrent('audit of a configuration with', () => {
  // Two that begin at once damage the state that they make.
  beforeAll(() => parses(path.join(root, 'test/nix/table.nix'), scratch));

  it.each(configurations.map((each) => [each.name, each] as const))(
    '%s, needed',
    async (_, configuration) => {
      const { exitCode, document } = await audited(configuration, 'a');
      expect(places(document)).toEqual(configuration.finds);
      expect(document.findings.map(({ state }) => state)).toEqual(configuration.finds.map(() => 'needed'));
      expect([exitCode, document.diff]).toEqual([0, '']);
    },
  );

  it.each(configurations.map((each) => [each.name, each] as const))(
    '%s, to be removed',
    async (_, configuration) => {
      const { directory, args, exitCode, document } = await audited(configuration, 'f');
      expect(places(document)).toEqual(configuration.finds);
      expect(document.findings.map(({ state }) => state)).toEqual(configuration.finds.map(() => 'can-go'));
      expect(exitCode).toBe(1);
      const byHand = document.findings
        .filter(({ inDiff }) => !inDiff)
        .map(({ file, line }) => `${file}:${line}`);
      expect(byHand).toEqual(configuration.byHand ?? []);
      if (!document.diff) return;
      const patch = (...more: string[]) =>
        execa(tool('patch'), ['-p1', '--force', ...more], { cwd: directory, input: document.diff ?? '' });
      await patch('--dry-run');
      await patch();
      const changed = [...document.diff.matchAll(/^\+\+\+ b\/(\S+)/gm)].map(([, file = '']) => file);
      for (const [file, text] of Object.entries(configuration.keeps ?? {}))
        expect(await readFile(path.join(directory, file), 'utf8')).toContain(text);
      for (const file of changed) await parses(path.join(directory, file), scratch);
      // What is left is what has to be done by hand, and nothing new.
      const again = await runHere(directory, ...args, '--json');
      const left = published(z).parse(JSON.parse(again.stdout)).findings;
      // A pin whose util-linux is no longer used is told by nothing.
      const pins = document.findings.filter(({ inDiff, kind }) => !inDiff && kind === 'pinned-input');
      expect(left).toHaveLength(byHand.length - pins.length);
    },
  );
});

describe.concurrent('audit finds nothing in', () => {
  it.each(Object.entries(lookAlikes))('%s', async (_, files) => {
    const lock = lockFile('flake', 'f', ['nixpkgs-unstable']);
    const { exitCode, stdout, stderr } = await runHere(await directoryWith({ ...files, ...lock }));
    expect(stderr).toBe('');
    expect(stdout).toBe('nothing here was written because of this defect\n');
    expect(exitCode).toBe(0);
  });
});

const json = (result: CliResult): Audit => published(z).parse(JSON.parse(result.stdout));
const fixed = { 'k3s.nix': '{ systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "always"; }\n' };
const override =
  '{ pkgs, ... }: { services.k3s.package = pkgs.k3s.override { util-linux = pkgs.util-linux.withPatches; }; }\n';

describe('audit cannot determine', () => {
  it.each<[what: string, files: Record<string, string>, args: string[], says: RegExp]>([
    [
      'without a lock file',
      fixed,
      [],
      /no lock file pins the nixpkgs[\s\S]*say what it is built from: --channel/,
    ],
    ['what a channel alone does not say', fixed, ['--channel', 'nixos-25.05'], /cannot determine/],
    [
      'which of two lock files counts',
      { ...fixed, ...lockFile('flake', 'a'), ...lockFile('npins', 'f') },
      [],
      /flake\.lock: nixpkgs \(a{12}, 2023-11-14\) is affected; npins\/sources\.json: nixpkgs \(f{12}\) is fixed/,
    ],
    [
      'a package from another nixpkgs',
      {
        'k3s.nix':
          '{ inputs, ... }: { services.k3s.package = inputs.nixpkgs-unstable.legacyPackages.x86_64-linux.k3s; systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "always"; }\n',
        ...lockFile('flake', 'f', ['nixpkgs-unstable']),
      },
      [],
      /the package of services\.k3s is from another nixpkgs, nixpkgs-unstable \(k3s\.nix:1\)/,
    ],
    [
      'k3s of the days when nixpkgs patched it in its own way',
      { 'k3s.nix': override, ...lockFile('flake', 'a', [], Date.parse('2025-05-19') / 1000) },
      [],
      /nixpkgs of 2025-05-19 may patch the util-linux of k3s itself/,
    ],
    [
      'a lock file of a version to come',
      { ...fixed, 'flake.lock': '{"version":9,"root":"root","nodes":{}}' },
      [],
      /version 9 of lock files is not supported/,
    ],
    [
      'a system and k0s-nix that differ',
      {
        'k0s.nix': '{ systemd.services.k0s.environment.LIBMOUNT_FORCE_MOUNT2 = "always"; }\n',
        'flake.lock': JSON.stringify({
          version: 7,
          root: 'root',
          nodes: {
            root: { inputs: { nixpkgs: 'n', k0s: 'k' } },
            n: { locked: { type: 'github', owner: 'NixOS', repo: 'nixpkgs', rev: commit('f') } },
            m: { locked: { type: 'github', owner: 'NixOS', repo: 'nixpkgs', rev: commit('a') } },
            k: {
              inputs: { nixpkgs: 'm' },
              locked: { type: 'github', owner: 'johbo', repo: 'k0s-nix', rev: commit('1') },
            },
          },
        }),
      },
      [],
      /pins more than one nixpkgs, and they differ/,
    ],
  ])('%s', async (_, files, args, says) => {
    const { exitCode, stdout, stderr } = await run(await directoryWith(files), ...args);
    expect(stderr).toBe('');
    expect(stdout).toMatch(says);
    expect(stdout).not.toContain('can go means');
    expect(exitCode).toBe(3);
  });

  it('what it could not read, though it found nothing', async () => {
    const directory = await directoryWith({
      'broken.nix': '{ util-linux = ;',
      'large.nix': `# util-linux\n${' '.repeat(1_000_001)}`,
      'deep.nix': `# util-linux\n${'['.repeat(30_000)}${']'.repeat(30_000)}\n`,
      'nested.nix': `# util-linux\n${'['.repeat(2000)}${']'.repeat(2000)}\n`,
      'binary.nix': 'util-linux\0\u0001\u0002((((',
      'unrelated.nix': '{ this is not Nix',
    });
    await symlink('/etc/hosts', path.join(directory, 'flake.nix'));
    await symlink('/usr/share', path.join(directory, 'modules'));
    await symlink('broken.nix', path.join(directory, 'inside.nix'));
    await symlink('/nix/store/x', path.join(directory, 'result'));
    await symlink('/nowhere', path.join(directory, 'dangling.nix'));
    await execa(tool('mkfifo'), [path.join(directory, 'pipe.nix')]);
    const result = await run(directory, '--json');
    const { unread, notes } = json(result);
    expect(unread.map((each) => each.path).sort()).toEqual([
      ...[
        'binary.nix',
        'broken.nix',
        'dangling.nix',
        'deep.nix',
        'flake.nix',
        'large.nix',
        'modules',
        'nested.nix',
        'pipe.nix',
      ],
    ]);
    expect(notes[0]?.text).toContain('flake.nix: a link that leads out of the directory, to /etc/hosts');
    expect(result.exitCode).toBe(3);
  });
});

describe('audit of what only others can read', () => {
  it('names it', async () => {
    const directory = await directoryWith({ 'open.nix': '{ }', 'secret/a.nix': '{ }', 'b.nix': '{ }' });
    await chmod(path.join(directory, 'secret'), 0o700);
    await chmod(path.join(directory, 'b.nix'), 0o600);
    await chmod(directory, 0o755);
    const { exitCode, stdout } = await execa(
      tool('setpriv'),
      [
        ...['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath],
        ...[path.join(root, 'dist/main.cjs'), 'audit', directory],
      ],
      { reject: false, cwd: '/' },
    );
    expect(stdout).toMatch(/^nothing found so far, but not all could be read/);
    expect(stdout).toMatch(/not read: (?=.*b\.nix: permission denied)(?=.*secret: permission denied)/);
    expect(exitCode).toBe(3);
  });
});

describe('audit of k3s', () => {
  it('knows when nixpkgs fixes it itself, though its util-linux has the defect', async () => {
    const result = await run(
      await directoryWith({ 'k3s.nix': override, ...lockFile('flake', 'b') }),
      '--json',
    );
    expect(json(result).findings).toMatchObject([
      { state: 'can-go', because: expect.stringContaining('itself') },
    ]);
    expect(result.exitCode).toBe(1);
    const wrapper =
      '{ pkgs, ... }: { security.wrappers.mount.source = "${pkgs.util-linux.withPatches}/bin/mount"; }\n';
    const needed = await run(
      await directoryWith({ 'csi.nix': wrapper, ...lockFile('flake', 'b') }),
      '--json',
    );
    expect(json(needed).findings).toMatchObject([{ state: 'needed' }]);
  });
});

describe('audit', () => {
  it('finds what the examples have: files that generate wrote, what uses them, and options of the module', async () => {
    const directory = path.join(scratch, 'examples');
    await cp(path.join(root, 'examples'), directory, { recursive: true });
    const none = json(await run(directory, '--json'));
    const found = none.findings.map(({ file, kind }) => `${file} ${kind}`);
    expect(found).toEqual([
      'debian-drop-in/fix/k3s-agent.service.d/50-subpathfix.conf generated',
      'fleet-colmena/hive.nix module-option',
      'fleet-deploy-rs/flake.nix module-option',
      'k0s-channel/configuration.nix generated-import',
      'k0s-channel/fix/overlay.nix generated',
      'k0s-channel/fix/subpath-fix.nix generated',
      'k0s-flake/fix/overlay.nix generated',
      'k0s-flake/fix/subpath-fix.nix generated',
      'k0s-flake/flake.nix generated-import',
      'k3s-flake/fix/overlay.nix generated',
      'k3s-flake/fix/subpath-fix.nix generated',
      'k3s-flake/flake.nix generated-import',
      'module-channel/configuration.nix module-option',
      'module-channel/configuration.nix module-option',
      'module-flake/flake.nix module-option',
    ]);
    expect(none.findings.every(({ state }) => state === 'undetermined')).toBe(true);
    const diff = await run(directory, '--util-linux', '2.42', '--diff');
    expect(diff.exitCode).toBe(1);
    // What the patch does not have is said beside it.
    expect(diff.stderr).toMatch(/^\d+ of \d+ can go/);
    expect(diff.stderr).toMatch(/delete what generate wrote: .*k3s-flake\/fix\/overlay\.nix/);
    const taken = diff.stdout.match(/^-[^-].*$/gm)?.map((line) => line.slice(1).trim());
    expect(taken?.filter((line) => !line.startsWith('#'))).toEqual([
      ...['fix.enable = true;', 'fix.enable = true;'],
      ...['./fix/subpath-fix.nix', './fix/subpath-fix.nix', './fix/subpath-fix.nix'],
      ...['fix.enable = true;', 'fix.wrapper = true;', 'fix.enable = true;'],
    ]);
  });

  it('asks nobody when there is nothing to judge', async () => {
    const before = server.asked.length;
    await run(await directoryWith({ 'a.nix': '{ }', ...lockFile('flake', 'a') }));
    expect(server.asked).toHaveLength(before);
  });

  it('takes the lock file of the nearest directory', async () => {
    const at = (directory: string, files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]));
    const files = {
      ...at('one', { ...fixed, ...lockFile('flake', 'a') }),
      ...at('two', { ...fixed, ...lockFile('flake', 'f') }),
    };
    const { findings } = json(await run(await directoryWith(files), '--json'));
    expect(findings.map(({ file, state }) => `${file} ${state}`)).toEqual([
      'one/k3s.nix needed',
      'two/k3s.nix can-go',
    ]);
  });

  it('says what each does, why it can go, and what it costs', async () => {
    const files = { 'flake.nix': flake('./k3s.nix'), 'k3s.nix': override, ...lockFile('flake', 'f') };
    const { stdout } = await run(await directoryWith(files));
    expect(stdout).toMatch(
      /^1 of 1 can go: no longer needed: nixpkgs \(f{12}, 2023-11-14\): util-linux 2\.41\.1 has the fix/,
    );
    expect(stdout).toContain(
      'k3s.nix:1: can go\n  does: builds k3s with another util-linux, from util-linux.withPatches\n',
    );
    expect(stdout).toContain('cost: this nixpkgs has no util-linux.withPatches any more');
    expect(stdout).toContain(
      'cost: util-linux 2.41.1 lacks later security fixes for mount (2.41.4, 2.41.5, 2.42.2)',
    );
    expect(stdout).toMatch(/show the removal as a patch: subpathfix audit .* --diff$/m);
  });

  it.each<[args: string[], error: RegExp]>([
    [
      ['/nowhere'],
      /^subpathfix: \/nowhere: no such file or directory: give the directory of a NixOS configuration/,
    ],
    [['/etc/hosts'], /^subpathfix: \/etc\/hosts: not a directory: give the directory/],
    [['.', '--lock', 'x', '--rev', 'a'.repeat(40)], /--lock and --rev cannot be used together/],
    [['a', 'b'], /too many arguments/],
  ])('%j is refused', async (args, error) => {
    const { exitCode, stdout, stderr } = await subpathfix(['audit', ...args], { cwd: scratch });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(error);
  });

  it.each(['markdown', 'junit'])('reports as %s', async (format) => {
    const { exitCode, stdout } = await run(
      await directoryWith({ ...fixed, ...lockFile('flake', 'f') }),
      ...['--format', format],
    );
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('k3s.nix:1')]);
  });
});

describe('a file of a stranger', () => {
  it('that is replaced by a link is not read', async () => {
    const { openTree } = await import('../../../src/host/tree.ts');
    const directory = await directoryWith({ 'a.nix': '{ }' });
    const tree = await openTree(directory);
    await symlink('/etc/hosts', path.join(directory, 'b.nix'));
    await symlink('/etc', path.join(directory, 'etc'));
    await expect(tree.readText('b.nix', 1000)).rejects.toThrow(/b\.nix: /);
    await expect(tree.readText('etc/hosts', 1000)).rejects.toThrow(/was replaced/);
    expect(await tree.readText('a.nix', 1000)).toBe('{ }');
  });

  it('cannot act on a terminal by its names', async () => {
    const evil = '\u001b[2J\u202e';
    const text = '{ systemd.services.k3s.environment.LIBMOUNT_FORCE_MOUNT2 = "always"; }\n';
    const directory = await directoryWith({ [`${evil}.nix`]: text, [`${evil}broken.nix`]: '{ util-linux' });
    for (const format of ['human', 'markdown', 'junit', 'json']) {
      const { exitCode, stdout } = await run(directory, '--util-linux', '2.42', '--format', format);
      expect(exitCode).toBe(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    }
  });
});
