import { describe, expect, it } from 'vitest';
import { parsePasted } from '../../../src/facts/given/pasted.ts';

const commit = '55d1f923c480dadce40f5231feb472e81b0bab48';
const stable = { name: 'nixos-25.05', release: '25.05' };
const dated = { ...stable, date: '2025-05-22' };
const unstable = { name: 'nixos-unstable', release: null };
const preview = { name: 'nixos-unstable', release: '25.11', preview: true };

describe('what people paste', () => {
  it.each<[text: string, channel: object | null, revision: string | null]>([
    ['nixos-25.05', stable, null],
    [' nixos-25.05\n', stable, null],
    ['25.05', { ...stable, name: '25.05' }, null],
    ['nixos-unstable', unstable, null],
    ['25.05.20250522.55d1f92', dated, '55d1f92'],
    ['25.05.20250522.55d1f92 (Warbler)', dated, '55d1f92'],
    ['BUILD_ID="25.05.20250522.55d1f92"', dated, '55d1f92'],
    ["BUILD_ID='25.05.20250522.55d1f92'", dated, '55d1f92'],
    ['VERSION_ID="25.05"', { ...stable, name: '25.05' }, null],
    ['25.05.20250522.dirty', dated, null],
    ['25.05.802216.55d1f923c480 (Warbler)', stable, '55d1f923c480'],
    ['nixos-25.05.802216.55d1f923c480', stable, '55d1f923c480'],
    ['25.11pre804391.b1b2c3d4e5f6', preview, 'b1b2c3d4e5f6'],
    ['25.11pre-git', preview, null],
    ['25.11.20250601.b1b2c3d', { ...preview, date: '2025-06-01' }, 'b1b2c3d'],
    ['25.11.20251203.b1b2c3d', { name: 'nixos-25.11', release: '25.11', date: '2025-12-03' }, 'b1b2c3d'],
    ['25.05.20259922.55d1f92', stable, '55d1f92'],
    ['https://nixos.org/channels/nixos-25.05', stable, null],
    ['https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz', stable, null],
    ['https://channels.nixos.org/nixos-25.05-small', { ...stable, name: 'nixos-25.05-small' }, null],
    ['https://releases.nixos.org/nixos/25.05/nixos-25.05.802216.55d1f923c480', stable, '55d1f923c480'],
    [
      'https://releases.nixos.org/nixos/unstable/nixos-25.11pre804391.b1b2c3d4e5f6/nixexprs.tar.xz',
      preview,
      'b1b2c3d4e5f6',
    ],
    ['nixos https://nixos.org/channels/nixos-25.05', stable, null],
    [
      'home-manager https://github.com/nix-community/home-manager/archive/master.tar.gz\nnixos https://nixos.org/channels/nixos-25.05',
      stable,
      null,
    ],
    [
      'nixpkgs https://nixos.org/channels/nixpkgs-unstable\nnixos https://nixos.org/channels/nixos-25.05\n',
      stable,
      null,
    ],
    ['unstable https://nixos.org/channels/nixos-unstable', unstable, null],
    [`https://github.com/NixOS/nixpkgs/archive/${commit}.tar.gz`, null, commit],
    ['https://github.com/NixOS/nixpkgs/archive/nixos-25.05.tar.gz', stable, null],
    [`https://github.com/nixos/nixpkgs/tree/${commit}`, null, commit],
    [`github:NixOS/nixpkgs/${commit}`, null, commit],
    ['github:nixos/nixpkgs/nixos-25.05', stable, null],
    ['nixpkgs/nixos-unstable', unstable, null],
    [commit, null, commit],
    [commit.toUpperCase(), null, commit],
    ['55d1f92', null, '55d1f92'],
    [
      JSON.stringify({
        configurationRevision: null,
        nixosVersion: '25.05.20250522.55d1f92',
        nixpkgsRevision: commit,
      }),
      dated,
      commit,
    ],
    [JSON.stringify({ nixosVersion: '25.05.20250522.55d1f92' }), dated, '55d1f92'],
  ])('%s', (text, channel, revision) => {
    if (channel === null && revision === null) expect(parsePasted(text)).toBeNull();
    else expect(parsePasted(text)).toEqual({ channel, revision });
  });

  it.each([
    'debian-sid',
    '',
    'nixos-25.06',
    '55d1f9',
    '{}',
    '[]',
    '"x"',
    'https://example.org/channels/nixos-25.05',
    'https://nixos.org.example.org/channels/nixos-25.05',
    `https://github.com/me/nixpkgs/archive/${commit}.tar.gz`,
    'nixos https://nixos.org/channels/nixos-25.05\nand a word',
    'x'.repeat(100_000),
  ])('%j names no nixpkgs', (text) => {
    expect(parsePasted(text)).toBeNull();
  });
});
