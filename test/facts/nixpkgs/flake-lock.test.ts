import { describe, expect, it } from 'vitest';
import { parseFlakeLock } from '../../../src/facts/nixpkgs/flake-lock.ts';

const rev = (letter: string): string => letter.repeat(40);
const nixpkgs = (letter: string) => ({
  locked: {
    type: 'github',
    owner: 'NixOS',
    repo: 'nixpkgs',
    rev: rev(letter),
    narHash: 'sha256-',
    lastModified: 1,
  },
});
const k0sNix = (inputs: Record<string, unknown>) => ({
  inputs,
  locked: { type: 'github', owner: 'nix-community', repo: 'k0s-nix', rev: rev('f') },
});
const lock = (nodes: Record<string, unknown>, version = 7): string =>
  JSON.stringify({ version, root: 'root', nodes });

describe('a flake.lock', () => {
  it.each<[what: string, text: string, system: string | null, packaged: string | null]>([
    ['with a nixpkgs', lock({ root: { inputs: { nixpkgs: 'nixpkgs' } }, nixpkgs: nixpkgs('a') }), 'a', null],
    ['of version 5', lock({ root: { inputs: { nixpkgs: 'nixpkgs' } }, nixpkgs: nixpkgs('a') }, 5), 'a', null],
    [
      'where k0s-nix has a nixpkgs of its own',
      lock({
        root: { inputs: { nixpkgs: 'nixpkgs', k0s: 'k0s-nix' } },
        'k0s-nix': k0sNix({ nixpkgs: 'nixpkgs_2' }),
        nixpkgs: nixpkgs('a'),
        nixpkgs_2: nixpkgs('b'),
      }),
      'a',
      'b',
    ],
    [
      'where k0s-nix follows',
      lock({
        root: { inputs: { nixpkgs: 'nixpkgs', 'k0s-nix': 'k0s-nix' } },
        'k0s-nix': k0sNix({ nixpkgs: ['nixpkgs'] }),
        nixpkgs: nixpkgs('a'),
      }),
      'a',
      'a',
    ],
    [
      'where the system follows k0s-nix',
      lock({
        root: { inputs: { nixpkgs: ['k0s-nix', 'nixpkgs'], 'k0s-nix': 'k0s-nix' } },
        'k0s-nix': k0sNix({ nixpkgs: 'nixpkgs' }),
        nixpkgs: nixpkgs('c'),
      }),
      'c',
      'c',
    ],
    ['without a nixpkgs', lock({ root: { inputs: {} } }), null, null],
    [
      'whose nixpkgs has no commit',
      lock({ root: { inputs: { nixpkgs: 'n' } }, n: { locked: { type: 'path' } } }),
      null,
      null,
    ],
  ])('%s', (_, text, system, packaged) => {
    expect(parseFlakeLock(text, 'flake.lock')).toMatchObject({
      known: true,
      evidence: 'flake.lock',
      value: {
        system: system === null ? null : { revision: rev(system) },
        packaged: packaged === null ? null : { distribution: 'k0s', revision: rev(packaged) },
      },
    });
  });

  it.each<[what: string, text: string, reason: RegExp | null]>([
    ['of a version to come', lock({ root: {} }, 8), /version 8 of lock files is not supported/],
    ['of an early version', lock({ root: {} }, 4), /version 4 of lock files is not supported/],
    [
      'in a circle',
      lock({ root: { inputs: { nixpkgs: ['other'], other: ['nixpkgs'] } } }),
      /inputs form a cycle/,
    ],
    ['cut off', '{"version": 7, "ro', /not JSON/],
    ['of another kind', '[]', /not a lock file/],
    [
      'with nodes of another kind',
      '{"version":7,"root":"root","nodes":{"root":{"inputs":{"nixpkgs":3}}}}',
      /nodes\.root\.inputs/,
    ],
    ['that follows a name of the prototype', lock({ root: { inputs: { nixpkgs: ['constructor'] } } }), null],
    ['with a name of the prototype', lock({ root: { inputs: { nixpkgs: '__proto__' } } }), null],
  ])('%s', (_, text, reason) => {
    const pins = parseFlakeLock(text, 'flake.lock');
    if (reason === null) expect(pins).toMatchObject({ value: { system: null, packaged: null } });
    else {
      const code = 'not-understood';
      const said = { code, text: expect.stringMatching(`^flake\\.lock: .*${reason.source}`) };
      expect(pins).toEqual({ known: false, unreadable: true, reason: said });
    }
  });
});
