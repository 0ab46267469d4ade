import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commit, nixpkgs, serve } from '../helpers/server.ts';
import { bare, temporary } from '../helpers/status.ts';
import { type CliResult, scratchDirectory, subpathfix } from '../helpers/tools.ts';

/** Commits: a and 2 of a bare 2.41, f of a fixed release, c of one that cannot be read. */
const server = await serve(
  nixpkgs({
    affected: { revision: commit('a'), nixpkgs: 'bare-2.41' },
    short: { revision: '55d1f923c480', nixpkgs: 'bare-2.41' },
    fixed: { revision: commit('f'), nixpkgs: 'upstream-2.41.1' },
    broken: { revision: commit('c'), nixpkgs: 'truncated' },
  }),
);

const pin = (digit: string, owner = 'NixOS') => ({
  locked: { type: 'github', owner, repo: 'nixpkgs', rev: commit(digit), lastModified: 1748000000 },
});
const k0sNix = (inputs: object, lastModified = 1748000000) => ({
  inputs,
  locked: { type: 'github', owner: 'johbo', repo: 'k0s-nix', rev: commit('1'), lastModified },
});
const flake = (inputs: Record<string, unknown>, nodes: object): string =>
  JSON.stringify({ version: 7, root: 'root', nodes: { root: { inputs }, ...nodes } });
/** A system on the first nixpkgs, with k0s-nix on the second. */
const k0s = (system: string, own: string, lastModified?: number): string =>
  flake(
    { nixpkgs: 'n', k0s: 'k0s' },
    { n: pin(system), m: pin(own), k0s: k0sNix({ nixpkgs: 'm' }, lastModified) },
  );
const two = (first: [string, string], second: [string, string]): string =>
  flake({ [first[0]]: 'n', [second[0]]: 'm' }, { n: pin(first[1]), m: pin(second[1]) });

const channel = 'https://releases.nixos.org/nixos/25.05/nixos-25.05.802216.55d1f923c480/nixexprs.tar.xz';
const npins = JSON.stringify({
  pins: { nixpkgs: { type: 'Channel', name: 'nixos-25.05', url: channel } },
  version: 5,
});
const niv = JSON.stringify({
  nixpkgs: { owner: 'NixOS', repo: 'nixpkgs', rev: commit('a'), type: 'tarball' },
});

let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
});
let count = 0;

async function given(text: string, name = 'flake.lock'): Promise<string> {
  count += 1;
  const file = path.join(scratch, String(count), name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const run = (args: string[]): Promise<CliResult> =>
  subpathfix([...args, '--raw-base-url', `${server.url}/raw`], { env: bare(temporary()) });

describe('check --flake-lock', () => {
  it.each<[what: string, lock: string, args: string[], exitCode: number, says: RegExp]>([
    [
      'a system on 2.41, k0s-nix on a fixed one',
      k0s('a', 'f'),
      [],
      3,
      /nixpkgs \(a{12}\): affected, .*k0s\/nixpkgs \(f{12}\): fixed, /,
    ],
    ['the reverse', k0s('f', 'a'), [], 3, /nixpkgs \(f{12}\): fixed, .*k0s\/nixpkgs \(a{12}\): affected, /],
    ['both fixed', k0s('f', 'f'), [], 0, /^fixed/],
    ['both affected', k0s('a', 'a'), [], 1, /^affected/],
    ['one that cannot be read', k0s('f', 'c'), [], 3, /k0s\/nixpkgs \(c{12}\): undetermined/],
    ['the first by name', k0s('a', 'f'), ['--input', 'nixpkgs'], 1, /^affected/],
    ['the second by name', k0s('a', 'f'), ['--input', 'k0s/nixpkgs'], 0, /^fixed/],
    ['the second by its repository', k0s('a', 'f'), ['--input', 'k0s-nix/nixpkgs'], 0, /^fixed/],
    ['one called nixpkgs-stable', flake({ 'nixpkgs-stable': 'n' }, { n: pin('a') }), [], 1, /^affected/],
    [
      '2.41 by the usual name, another beside it',
      two(['nixpkgs', 'a'], ['nixpkgs-unstable', 'f']),
      [],
      1,
      /nixpkgs-unstable \(f{12}\) \(fixed\)/,
    ],
    [
      'a fixed one by the usual name, 2.41 beside it',
      two(['nixpkgs', 'f'], ['nixpkgs-stable', 'a']),
      [],
      3,
      /nixpkgs-stable \(a{12}\): affected/,
    ],
    ['two without the usual name', two(['stable', 'a'], ['unstable', 'f']), [], 3, /differ: stable/],
    ['two that agree', two(['stable', 'f'], ['unstable', 'f']), [], 0, /^fixed/],
    [
      'a fork',
      flake({ nixpkgs: 'n' }, { n: pin('f', 'me') }),
      [],
      3,
      /github\.com\/me\/nixpkgs, not NixOS\/nixpkgs.*--rev f{40}/,
    ],
    ['none', flake({}, {}), [], 3, /pins no nixpkgs/],
    [
      'only deeper ones',
      flake(
        { infra: 'i' },
        { i: { inputs: { nixpkgs: 'n', other: 'm' }, locked: {} }, n: pin('a'), m: pin('f') },
      ),
      [],
      3,
      /the root itself pins no nixpkgs; name one with --input: infra\/nixpkgs, infra\/other/,
    ],
    ['a version to come', '{"version":9,"root":"root","nodes":{}}', [], 3, /version 9 of lock files/],
  ])('%s', async (_, lock, args, exitCode, says) => {
    const result = await run(['check', '--flake-lock', await given(lock), ...args]);
    expect(result).toMatchObject({ exitCode, stderr: '' });
    expect(result.stdout).toMatch(says);
  });

  it('gives the command that decides, which can be run as it stands', async () => {
    const { stdout } = await run(['check', '--json', '--flake-lock', await given(k0s('a', 'f'))]);
    const { verdict } = JSON.parse(stdout) as {
      verdict: { toConfirm: { code: string; text: string; command: string }[] };
    };
    expect(verdict.toConfirm.map(({ code }) => code)).toEqual(['choose-input', 'choose-input', 'test-mount']);
    expect(verdict.toConfirm.slice(0, 2).map(({ text }) => text)).toEqual([
      expect.stringContaining('pkgs.k0s, the default'),
      expect.stringContaining('inputs.k0s.packages'),
    ]);
    const exits = verdict.toConfirm.slice(0, 2).map(async ({ command }) => {
      const result = await subpathfix(command.split(' ').slice(1), { env: bare(temporary()) });
      return result.exitCode;
    });
    expect(await Promise.all(exits)).toEqual([1, 0]);
  });

  it('asks nobody for what is not from NixOS', async () => {
    const before = server.asked.length;
    await run(['check', '--flake-lock', await given(flake({ nixpkgs: 'n' }, { n: pin('f', 'me') }))]);
    expect(server.asked).toHaveLength(before);
  });

  it.each<[what: string, files: [string, string][], at: string]>([
    [
      'the directory of a flake',
      [
        ['flake.lock', k0s('a', 'a')],
        ['flake.nix', '{ }'],
      ],
      '',
    ],
    [
      'its flake.nix',
      [
        ['flake.lock', k0s('a', 'a')],
        ['flake.nix', '{ }'],
      ],
      'flake.nix',
    ],
    ['a project with npins', [['npins/sources.json', npins]], ''],
    ['a project with niv', [['nix/sources.json', niv]], ''],
  ])('takes %s', async (_, files, at) => {
    count += 1;
    for (const [name, text] of files) {
      const file = path.join(scratch, String(count), name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    for (const option of ['--flake-lock', '--lock']) {
      expect(await run(['check', option, path.join(scratch, String(count), at)])).toMatchObject({
        exitCode: 1,
      });
    }
  });
});

describe('check --lock and --rev', () => {
  it.each<[what: string, args: () => Promise<string[]>, exitCode: number]>([
    ['npins', async () => ['--lock', await given(npins, 'sources.json')], 1],
    ['niv', async () => ['--lock', await given(niv, 'sources.json')], 1],
    ['an abbreviated commit', async () => ['--rev', '55d1f923c480'], 1],
    ['a version of NixOS', async () => ['--rev', '25.05.802216.55d1f923c480'], 1],
    ['a whole commit', async () => ['--rev', commit('f')], 0],
    [
      'an archive',
      async () => ['--rev', `https://github.com/NixOS/nixpkgs/archive/${commit('f')}.tar.gz`],
      0,
    ],
    ['a commit that nobody has', async () => ['--rev', commit('9')], 3],
    // Nobody has it, but its day decides.
    ['a version that only has its day', async () => ['--rev', '25.05.20250522.0000000'], 1],
    ['a later day', async () => ['--rev', '25.05.20250701.0000000'], 3],
  ])('%s', async (_, args, exitCode) => {
    const result = await run(['check', ...(await args())]);
    expect(result, result.stdout).toMatchObject({ exitCode, stderr: '' });
  });
});

describe('generate --flake-lock', () => {
  it('names the unit that the pinned k0s-nix makes', async () => {
    const units = [1748000000, 1787200000].map(async (day) => {
      const lock = await given(k0s('a', 'a', day));
      const { stdout } = await run(['generate', '--flake-lock', lock, '--dry-run', '--json']);
      return JSON.parse(stdout) as { remedy: { system: { unit: string } }; notes: { code: string }[] };
    });
    const [older, newer] = await Promise.all(units);
    expect(older).toMatchObject({
      notes: expect.arrayContaining([expect.objectContaining({ code: 'pinned-unit' })]),
    });
    expect(older?.remedy.system.unit).toBe('k0scontroller');
    expect(newer?.remedy.system.unit).toBe('k0s');
  });
});

describe('a lock file that is none', () => {
  it.each<[what: string, args: () => Promise<string[]>, says: RegExp]>([
    ['not there', async () => ['--flake-lock', '/nowhere'], /\/nowhere: no such file/],
    ['not there either', async () => ['--lock', '/nowhere'], /\/nowhere: no such file/],
    ['a directory without one', async () => ['--lock', scratch], /has none of npins\/sources\.json/],
    [
      'a flake without a lock',
      async () => ['--flake-lock', path.join(scratch, 'flake.nix')],
      /flake\.lock: no such file/,
    ],
    ['no JSON', async () => ['--lock', await given('x')], /not a lock file: it is not JSON/],
    [
      'another JSON',
      async () => ['--lock', await given('{"a":{}}')],
      /not a lock file of flakes, npins or niv/,
    ],
    [
      'an input that it does not have',
      async () => ['--flake-lock', await given(k0s('a', 'f')), '--input', 'x'],
      /pins no such nixpkgs; it pins nixpkgs, k0s\/nixpkgs/,
    ],
    ['no lock file', async () => ['--input', 'nixpkgs'], /give that with --flake-lock or --lock/],
    [
      'two',
      async () => ['--flake-lock', 'a', '--lock', 'b'],
      /--flake-lock and --lock cannot be used together/,
    ],
    ['no commit', async () => ['--rev', 'nixos-25.05'], /names no commit; use --channel/],
    ['a commit that is too short', async () => ['--rev', 'abc'], /not a commit id of 7 to 40/],
  ])('%s', async (_, args, says) => {
    const result = await subpathfix(['check', ...(await args())]);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(says);
  });
});
