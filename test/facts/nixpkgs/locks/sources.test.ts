import { describe, expect, it } from 'vitest';
import { parseLock } from '../../../../src/facts/nixpkgs/locks/read.ts';

const rev = (letter: string): string => letter.repeat(40);
const npins = (pins: Record<string, unknown>, version = 5): string => JSON.stringify({ pins, version });
const git = (repository: Record<string, unknown>, revision = rev('a')) => ({
  type: 'Git',
  repository,
  branch: 'nixos-25.05',
  submodules: false,
  revision,
  url: null,
  hash: '0abc',
});
const github = { type: 'GitHub', owner: 'NixOS', repo: 'nixpkgs' };
const channel = (url: string) => ({ type: 'Channel', name: 'nixos-25.05', url, hash: '0abc' });
const release = 'https://releases.nixos.org/nixos/25.05/nixos-25.05.802216.55d1f923c480/nixexprs.tar.xz';
const niv = (sources: Record<string, unknown>): string => JSON.stringify(sources);
const source = (more: Record<string, unknown>) => ({
  branch: 'nixos-25.05',
  owner: 'NixOS',
  repo: 'nixpkgs',
  rev: rev('b'),
  sha256: '0abc',
  type: 'tarball',
  url: `https://github.com/NixOS/nixpkgs/archive/${rev('b')}.tar.gz`,
  ...more,
});

function system(text: string): string[] {
  const parsed = parseLock(text, 'sources.json');
  if (!parsed.known) throw new Error(parsed.reason.text);
  return parsed.value.system.map(
    ({ input, revision, elsewhere }) =>
      `${input} ${revision?.slice(0, 12) ?? '-'}${elsewhere ? ` ${elsewhere}` : ''}`,
  );
}
const a = rev('a').slice(0, 12);
const b = rev('b').slice(0, 12);

describe('sources.json', () => {
  it.each<[what: string, text: string, pins: string[]]>([
    ['npins, a channel', npins({ nixpkgs: channel(release) }), ['nixpkgs 55d1f923c480']],
    ['npins, of version 3', npins({ nixpkgs: channel(release) }, 3), ['nixpkgs 55d1f923c480']],
    ['npins, git on GitHub', npins({ nixpkgs: git(github) }), [`nixpkgs ${a}`]],
    [
      'npins, a fork',
      npins({ nixpkgs: git({ ...github, owner: 'me' }) }),
      [`nixpkgs ${a} github.com/me/nixpkgs`],
    ],
    [
      'npins, GitLab',
      npins({
        nixpkgs: git({ type: 'GitLab', repo_path: 'group/sub/nixpkgs', server: 'https://gitlab.example/' }),
      }),
      [`nixpkgs ${a} https://gitlab.example//group/sub/nixpkgs`],
    ],
    [
      'npins, Forgejo',
      npins({
        nixpkgs: git({ type: 'Forgejo', server: 'https://code.example', owner: 'x', repo: 'nixpkgs' }),
      }),
      [`nixpkgs ${a} https://code.example/x/nixpkgs`],
    ],
    [
      'npins, plain git',
      npins({ nixpkgs: git({ type: 'Git', url: 'https://git.example/nixpkgs.git' }) }),
      [`nixpkgs ${a} https://git.example/nixpkgs.git`],
    ],
    [
      'npins, a tarball that is locked',
      npins({
        nixpkgs: {
          type: 'Tarball',
          url: 'https://channels.nixos.org/nixos-25.05/nixexprs.tar.xz',
          locked_url: release,
        },
      }),
      ['nixpkgs 55d1f923c480'],
    ],
    [
      'npins, beside others',
      npins({
        'home-manager': git({ ...github, owner: 'nix-community', repo: 'home-manager' }),
        unstable: git(github, rev('c')),
        nixpkgs: git(github),
      }),
      [`nixpkgs ${a}`, `unstable ${rev('c').slice(0, 12)}`],
    ],
    ['npins, empty', npins({}), []],
    ['niv', niv({ nixpkgs: source({}) }), [`nixpkgs ${b}`]],
    ['niv, with its own entry', niv({ __schema: 'x', nixos: source({}) }), [`nixos ${b}`]],
    ['niv, a fork', niv({ nixpkgs: source({ owner: 'me' }) }), [`nixpkgs ${b} github.com/me/nixpkgs`]],
    [
      'niv, another host',
      niv({ nixpkgs: source({ url: `https://git.example/nixpkgs/archive/${rev('b')}.tar.gz` }) }),
      [`nixpkgs ${b} https://git.example/nixpkgs/archive/${rev('b')}.tar.gz`],
    ],
    [
      'niv, a channel by its URL',
      niv({ nixpkgs: { url: release, sha256: '0abc', type: 'tarball' } }),
      ['nixpkgs 55d1f923c480'],
    ],
  ])('%s', (_, text, pins) => {
    expect(system(text)).toEqual(pins);
  });
});
