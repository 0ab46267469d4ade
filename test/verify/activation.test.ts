import { describe, expect, it } from 'vitest';
import { shellQuoted } from '../../src/text/escape.ts';
import { activationCommands, meansOf } from '../../src/verify/activation.ts';
import { armCommands } from '../../src/verify/rollback.ts';
import { readSystems, runningSpecialisation } from '../../src/verify/systems.ts';
import { unsaidFiles } from '../../src/verify/unsaid.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';

const boldly = (text: string): string => text.replace(/./g, '$&\b$&');

describe('whether nixos-rebuild knows --store-path', () => {
  it.each<[manual: string, known: boolean]>([
    ['     --store-path path\n', true],
    [`     [${boldly('--store-path')} path]\n`, true],
    ['     ‐‐store‐path path\n', true],
    ['usage: nixos-rebuild [--store-path STORE_PATH] {switch,boot}\n', true],
    ['     --store-path=path\n', true],
    ['     --no-store-path\n     --store-paths\n', false],
    ['     the store path is built\n', false],
    ['No manual entry for nixos-rebuild\n', false],
    ['', false],
  ])('%j', async (manual, known) => {
    const host = fakeHost({
      run: ({ file, args }) =>
        file === 'nixos-rebuild' && args.join(' ') === '--help'
          ? { writes: [manual], exitCode: 1 }
          : undefined,
    });
    expect((await meansOf(host)).storePath).toBe(known);
    expect(host.ran).toEqual(['nixos-rebuild --help']);
  });
});

describe('what activates a system', () => {
  const closure = '/nix/store/new-nixos-system';
  const named = (systemd: boolean, storePath: boolean, mode: 'test' | 'switch' | 'boot'): string[] =>
    activationCommands({ pid: 7 }, mode, closure, { systemd, storePath }).map(shellQuoted);
  const set = `nix-env --profile /nix/var/nix/profiles/system --set ${closure}`;
  const directory = 'mkdir -p -m 0700 /run/subpathfix';

  it.each<
    [systemd: boolean, storePath: boolean, mode: 'test' | 'switch' | 'boot', commands: (string | RegExp)[]]
  >([
    [false, true, 'switch', [`nixos-rebuild switch --store-path ${closure}`]],
    [false, false, 'test', [`${closure}/bin/switch-to-configuration test`]],
    [false, false, 'boot', [set, `${closure}/bin/switch-to-configuration boot`]],
    [
      true,
      true,
      'boot',
      [directory, /^systemd-run .*--unit=subpathfix-activate .* nixos-rebuild boot --store-path \S+$/],
    ],
    [
      true,
      false,
      'test',
      [directory, /^systemd-run .*--unit=nixos-rebuild-switch-to-configuration .*-configuration test$/],
    ],
    [true, false, 'switch', [directory, set, /^systemd-run .*-E NIXOS_NO_CHECK \S+-configuration switch$/]],
  ])('systemd %s, --store-path %s, %s', (systemd, storePath, mode, commands) => {
    expect(named(systemd, storePath, mode)).toEqual(
      commands.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))),
    );
    // Never by a pipe of ours, and never evaluated again.
    for (const each of named(systemd, storePath, mode)) expect(each).not.toMatch(/--pipe|--flake|-f /);
  });
});

describe('the systems of a node', () => {
  const profiles = '/nix/var/nix/profiles';
  const links = {
    '/run/current-system': '/nix/store/a',
    [`${profiles}/system`]: 'system-41-link',
    [`${profiles}/system-41-link`]: '/nix/store/a',
  };
  const special = {
    '/nix/store/a/specialisation/gaming': '/nix/store/g',
    '/nix/store/a/specialisation/x': '/nix/store/x',
  };

  it.each<[what: string, links: Machine['links'], systems: object, specialisation: string | null]>([
    ['no NixOS', {}, { running: null, next: null, generation: null }, null],
    ['one', links, { running: '/nix/store/a', next: '/nix/store/a', generation: '41' }, null],
    [
      'its specialisation',
      { ...links, ...special, '/run/current-system': '/nix/store/x' },
      { running: '/nix/store/x' },
      'x',
    ],
    [
      'another',
      { ...links, ...special, '/run/current-system': '/nix/store/b' },
      { running: '/nix/store/b' },
      null,
    ],
    ['itself, with specialisations', { ...links, ...special }, { running: '/nix/store/a' }, null],
    [
      'no profile',
      { '/run/current-system': '/nix/store/a' },
      { running: '/nix/store/a', next: null, generation: null },
      null,
    ],
  ])('%s', async (_, given, systems, specialisation) => {
    const host = fakeHost({ links: given ?? {} });
    const read = await readSystems(host);
    expect(read).toMatchObject(systems);
    expect(await runningSpecialisation(host, read)).toBe(specialisation);
  });

  it('go back by values that are arguments, never text of a shell', () => {
    const before = {
      ...({ mode: 'switch', running: '/nix/store/a', next: '/nix/store/b', generation: null } as const),
      ...{ unit: 'kubelet.service', invocation: '' },
    };
    const host = fakeHost({ env: { PATH: '/bin', SECRET: 'secret' } });
    const [, script, timer] = armCommands(host, { before, seconds: 90 });
    expect(script?.input).not.toMatch(/nix\/store\/|kubelet\.service/);
    expect(timer?.args.slice(-7)).toEqual([
      ...['/run/subpathfix/rollback.sh', 'switch', '/nix/store/a', '', '/nix/store/b', 'kubelet.service', ''],
    ]);
    expect(timer?.args.join(' ')).not.toContain('secret');
    expect(timer?.env).toMatchObject({ PATH: '/nix/store/a/sw/bin:/bin' });
    expect(armCommands(host, { before, seconds: null })).toHaveLength(2);
  });
});

it('names the files of runs that have ended, and no others', async () => {
  const names = [
    'unsaid-output-1.txt',
    'unsaid-rollback-2.txt',
    'unsaid-output-4242.txt',
    'rollback.sh',
    'unsaid-x.txt',
  ];
  const files = Object.fromEntries(names.map((name) => [`/run/subpathfix/${name}`, '']));
  const host = fakeHost({ files, processes: { 2: ['node'] } });
  expect(await unsaidFiles(host)).toEqual(['/run/subpathfix/unsaid-output-1.txt']);
  expect(await unsaidFiles(fakeHost())).toEqual([]);
});
