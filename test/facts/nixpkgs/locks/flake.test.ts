import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../src/errors.ts';
import { parseLock } from '../../../../src/facts/nixpkgs/locks/read.ts';

const rev = (letter: string): string => letter.repeat(40);
const github = (letter: string, owner = 'NixOS', repo = 'nixpkgs') => ({
  locked: { type: 'github', owner, repo, rev: rev(letter), narHash: 'sha256-', lastModified: 1748000000 },
});
const at = (locked: Record<string, unknown>) => ({ locked });
const k0sNix = (inputs: Record<string, unknown>, lastModified?: number) => ({
  inputs,
  locked: { type: 'github', owner: 'nix-community', repo: 'k0s-nix', rev: rev('f'), lastModified },
});
const lock = (nodes: Record<string, unknown>, version = 7): string =>
  JSON.stringify({ version, root: 'root', nodes });
const root = (inputs: Record<string, unknown>) => ({ inputs });
/** A lock whose root has one input for each node. */
const direct = (nodes: Record<string, object>): string =>
  lock({ root: root(Object.fromEntries(Object.keys(nodes).map((name) => [name, name]))), ...nodes });

function read(text: string) {
  const parsed = parseLock(text, 'flake.lock');
  if (!parsed.known) throw new Error(parsed.reason.text);
  return parsed.value;
}
const brief = (text: string): string[] =>
  read(text).system.map(({ input, revision }) => `${input} ${revision?.[0] ?? '-'}`);

describe('the nixpkgs of a flake.lock', () => {
  it.each<[what: string, text: string, system: string[]]>([
    ['by its usual name', direct({ nixpkgs: github('a') }), ['nixpkgs a']],
    ['of version 5', lock({ root: root({ nixpkgs: 'n' }), n: github('a') }, 5), ['nixpkgs a']],
    [
      'called nixos',
      direct({ nixos: github('a'), 'home-manager': github('b', 'x', 'home-manager') }),
      ['nixos a'],
    ],
    ['called nixpkgs-stable', direct({ 'nixpkgs-stable': github('a') }), ['nixpkgs-stable a']],
    [
      'two of them',
      direct({ 'nixpkgs-unstable': github('a'), nixpkgs: github('b') }),
      ['nixpkgs b', 'nixpkgs-unstable a'],
    ],
    [
      'two, neither with the usual name',
      direct({ stable: github('a'), unstable: github('b') }),
      ['stable a', 'unstable b'],
    ],
    [
      'that follows another flake',
      lock({
        root: root({ nixpkgs: ['base', 'nixpkgs'], base: 'base' }),
        base: { ...at({}), inputs: { nixpkgs: 'n' } },
        n: github('c'),
      }),
      ['nixpkgs c'],
    ],
    ['of an owner in small letters', direct({ nixpkgs: github('a', 'nixos') }), ['nixpkgs a']],
    ['none', lock({ root: root({}) }), []],
    ['none, but another flake', direct({ utils: github('a', 'numtide', 'flake-utils') }), []],
    ['by a name of the prototype', lock({ root: root({ nixpkgs: '__proto__' }) }), []],
    ['that follows a name of the prototype', lock({ root: root({ nixpkgs: ['constructor'] }) }), []],
  ])('%s', (_, text, system) => {
    expect(brief(text)).toEqual(system);
  });
});

describe('where a pin comes from', () => {
  const archive = `https://github.com/NixOS/nixpkgs/archive/${rev('a')}.tar.gz`;
  it.each<[what: string, locked: Record<string, unknown>, revision: string | null, elsewhere: string | null]>(
    [
      ['an archive', { type: 'tarball', url: archive }, rev('a'), null],
      [
        'an archive of a fork',
        { type: 'tarball', url: archive.replace('NixOS', 'me') },
        null,
        archive.replace('NixOS', 'me'),
      ],
      [
        'a release of a channel',
        {
          type: 'tarball',
          url: 'https://releases.nixos.org/nixos/25.05/nixos-25.05.802216.55d1f923c480/nixexprs.tar.xz',
        },
        '55d1f923c480',
        null,
      ],
      [
        'a channel that says its commit',
        { type: 'tarball', url: 'https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz', rev: rev('b') },
        rev('b'),
        null,
      ],
      [
        'a channel',
        { type: 'tarball', url: 'https://nixos.org/channels/nixos-25.05/nixexprs.tar.xz' },
        null,
        null,
      ],
      [
        'FlakeHub',
        {
          type: 'tarball',
          url: 'https://api.flakehub.com/f/pinned/NixOS/nixpkgs/0.2505.1+rev-a/0/source.tar.gz',
          rev: rev('a'),
        },
        rev('a'),
        null,
      ],
      [
        'git, of NixOS',
        { type: 'git', url: 'https://github.com/NixOS/nixpkgs.git', rev: rev('a') },
        rev('a'),
        null,
      ],
      [
        'git+https',
        { type: 'git', url: 'https://git.example.org/nixpkgs', rev: rev('a') },
        rev('a'),
        'https://git.example.org/nixpkgs',
      ],
      [
        'git over ssh',
        { type: 'git', url: 'ssh://git@example.org/me/nixpkgs.git', rev: rev('a') },
        rev('a'),
        'ssh://git@example.org/me/nixpkgs.git',
      ],
      [
        'gitlab',
        { type: 'gitlab', owner: 'me', repo: 'nixpkgs', rev: rev('a') },
        rev('a'),
        'gitlab.com/me/nixpkgs',
      ],
      [
        'a GitHub of a company',
        { type: 'github', host: 'git.corp', owner: 'NixOS', repo: 'nixpkgs', rev: rev('a') },
        rev('a'),
        'git.corp/NixOS/nixpkgs',
      ],
      [
        'a fork',
        { type: 'github', owner: 'me', repo: 'nixpkgs', rev: rev('a') },
        rev('a'),
        'github.com/me/nixpkgs',
      ],
      ['a path', { type: 'path', path: '/home/me/nixpkgs' }, null, '/home/me/nixpkgs'],
      ['a commit that is none', { type: 'github', owner: 'NixOS', repo: 'nixpkgs', rev: 'main' }, null, null],
    ],
  )('%s', (_, locked, revision, elsewhere) => {
    expect(read(direct({ nixpkgs: at(locked) })).system).toEqual([{ input: 'nixpkgs', revision, elsewhere }]);
  });
});

describe("a distribution's flake", () => {
  const own = lock({
    root: root({ nixpkgs: 'nixpkgs', k0s: 'k0s-nix' }),
    'k0s-nix': k0sNix({ nixpkgs: 'nixpkgs_2' }, 1787200000),
    nixpkgs: github('a'),
    nixpkgs_2: github('b'),
  });

  it('has a nixpkgs of its own, by whatever name, and a day', () => {
    const { packaged, all, at: find } = read(own);
    expect(packaged).toMatchObject({
      distribution: 'k0s',
      input: 'k0s',
      date: '2026-08-20',
      pin: { input: 'k0s/nixpkgs', revision: rev('b') },
    });
    expect(all.map(({ input }) => input)).toEqual(['nixpkgs', 'k0s/nixpkgs']);
    expect(find('k0s-nix/nixpkgs')).toMatchObject({ revision: rev('b') });
    expect(find('nixpkgs')).toMatchObject({ revision: rev('a') });
    expect([find('nope'), find('k0s'), find('')]).toEqual([null, null, null]);
  });

  it('follows the nixpkgs of the system', () => {
    const follows = lock({
      root: root({ nixpkgs: 'nixpkgs', 'k0s-nix': 'k0s-nix' }),
      'k0s-nix': k0sNix({ nixpkgs: ['nixpkgs'] }),
      nixpkgs: github('a'),
    });
    expect(read(follows).packaged).toMatchObject({ date: null, pin: { revision: rev('a') } });
  });
});

describe('a lock file that cannot be used', () => {
  it.each<[what: string, text: string, reason: RegExp]>([
    ['of a version to come', lock({ root: {} }, 8), /version 8 of lock files is not supported/],
    ['of an early version', lock({ root: {} }, 4), /version 4 of lock files is not supported/],
    ['in a circle', lock({ root: root({ nixpkgs: ['other'], other: ['nixpkgs'] }) }), /inputs form a cycle/],
    ['with other nodes', lock({ root: root({ nixpkgs: 3 }) }), /nodes\.root\.inputs\.nixpkgs/],
  ])('%s is not understood', (_, text, reason) => {
    const pins = parseLock(text, 'flake.lock');
    const said = { code: 'not-understood', text: expect.stringMatching(`^flake\\.lock: .*${reason.source}`) };
    expect(pins).toEqual({ known: false, unreadable: true, reason: said });
  });

  it.each([
    ['cut off', '{"version": 7, "ro'],
    ['empty', ''],
    ['of another kind', '[]'],
    ['a package.json', '{"name":"x","version":"1.0.0"}'],
    ['a number', '7'],
  ])('%s is none', (_, text) => {
    expect(() => parseLock(text, 'flake.lock')).toThrow(UserError);
  });
});
