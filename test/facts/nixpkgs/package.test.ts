import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { UserError } from '../../../src/errors.ts';
import { noFacts } from '../../../src/facts/facts.ts';
import { readNixpkgs } from '../../../src/facts/nixpkgs/read.ts';
import { localHost } from '../../../src/host/local.ts';
import { judge } from '../../../src/verdict/judge.ts';
import type { State } from '../../../src/verdict/states.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/nixpkgs');
const newPlace = 'pkgs/by-name/ut/util-linux/package.nix';

async function verdictOf(given: string) {
  const facts = await readNixpkgs(localHost(), given, advisory);
  return { facts, verdict: judge({ ...noFacts(), ...facts }, advisory) };
}

describe('a nixpkgs', () => {
  it.each<[fixture: string, state: State, withPatches: boolean | null, because: RegExp]>([
    ['bare-2.41', 'affected', false, /none of its 2 patches is the fix/],
    ['with-patches', 'affected', true, /none of its 2 patches is the fix/],
    ['patched-with-patches', 'fixed', true, /fix-mount-regression.patch, content checked/],
    ['patched', 'fixed', false, /fix-mount-regression.patch, content checked/],
    ['patched-subdir', 'fixed', false, /fix-mount-regression.patch$/],
    ['upstream-2.41.1', 'fixed', false, /2\.41\.1 has the fix/],
    ['older-2.40.4', 'not-affected', false, /2\.40\.4 is older/],
    ['old-location-2.39.4', 'not-affected', false, /2\.39\.4 is older/],
    ['old-location-2.41', 'fixed', false, /fix-mount-regression.patch/],
    ['fetchpatch-master', 'fixed', false, /commit\/7dbfe31a/],
    ['fetchpatch-stable', 'fixed', false, /libmount-no-canonicalize.patch from .*77723bea/],
    ['fetchpatch-pull', 'fixed', false, /pull\/3479/],
    ['commented-out', 'affected', false, /none of its 1 patches is the fix/],
    ['elsewhere', 'affected', false, /fix-mount-regression.patch is not applied on Linux/],
    ['conditional', 'undetermined', false, /its condition is not understood: withMountFix is not defined/],
    ['on-linux', 'fixed', false, /fix-mount-regression.patch/],
    ['hollow', 'undetermined', false, /does not change libmount\/src\/context\.c/],
    ['reverted', 'undetermined', false, /takes the fix out of util-linux/],
    ['no-patches', 'affected', false, /none of its 0 patches is the fix/],
    ['let-version', 'fixed', false, /fix-mount-regression.patch/],
    ['broken-elsewhere', 'fixed', false, /fix-mount-regression.patch/],
    ['unknown-form', 'undetermined', false, /map over a list that is not known/],
    ['broken-patches', 'undetermined', false, /line \d+ does not parse/],
    ['truncated', 'undetermined', null, /does not parse/],
    ['swallowed', 'undetermined', false, /does not parse/],
    ['not-nix', 'undetermined', null, /cannot be read/],
  ])('%s is %s', async (fixture, state, withPatches, because) => {
    const { facts, verdict } = await verdictOf(path.join(fixtures, fixture));
    expect(verdict).toMatchObject({ state, because: expect.stringMatching(because) });
    if (withPatches === null) expect(facts.withPatches.known).toBe(false);
    else expect(facts.withPatches).toMatchObject({ value: withPatches });
  });

  it('is read from the file itself too', async () => {
    const file = path.join(fixtures, 'patched', newPlace);
    const { facts, verdict } = await verdictOf(file);
    expect(verdict).toMatchObject({ state: 'fixed', decidedBy: 'patches', evidence: file });
    expect(facts.revision.known).toBe(false);
  });

  it('says the commit that an unpacked channel was made from', async () => {
    const { facts } = await verdictOf(path.join(fixtures, 'patched'));
    expect(facts.revision).toMatchObject({ known: true, value: '0123456789abcdef0123456789abcdef01234567' });
  });

  it('lists names and URLs, and says which patch has which condition', async () => {
    const { facts } = await verdictOf(path.join(fixtures, 'patched-subdir'));
    if (!facts.patches.known) throw new Error(facts.patches.reason.text);
    const { patches } = facts.patches.value;
    expect(patches.map(({ name }) => name)).toEqual([
      'rtcwake-search-PATH-for-shutdown.patch',
      'fix-darwin-build.patch',
      'fix-mount-regression.patch',
      'libmount-subdir-remove-unused-code.patch',
      'libmount-subdir-restrict-for-real-mounts-only.patch',
      'bits-only-build-when-cpu_set_t-is-available.patch',
    ]);
    expect(patches.at(-1)).toMatchObject({
      url: 'https://lore.kernel.org/util-linux/some-message/raw',
      applies: { known: true, value: false },
    });
  });
});

describe('a file that is not a package', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'subpathfix-test-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function written(content: string | number): Promise<string> {
    const file = path.join(directory, 'package.nix');
    await writeFile(file, typeof content === 'string' ? content : '');
    if (typeof content === 'number') await truncate(file, content);
    return file;
  }

  const name = 'pname = "util-linux";';
  it.each<[what: string, content: string, because: RegExp]>([
    ['a set', `{ ${name} version = "2.41"; patches = [ ]; }`, /expected a call of mkDerivation/],
    [
      'a loop of names',
      `{ stdenv }: stdenv.mkDerivation rec { ${name} version = "2.41"; patches = patches; }`,
      /it refers to itself/,
    ],
    [
      'an error where patches could be',
      `{ stdenv }: stdenv.mkDerivation { ${name} version = "2.41"; = ]; }`,
      /does not parse/,
    ],
    [
      'without a version',
      `{ stdenv }: stdenv.mkDerivation { ${name} patches = [ ]; }`,
      /does not say which version/,
    ],
    [
      'an interpolated version',
      `{ stdenv }: stdenv.mkDerivation { ${name} version = "\${x}"; patches = [ ]; }`,
      /does not say which version/,
    ],
    [
      'a version between releases',
      `{ stdenv }: stdenv.mkDerivation { ${name} version = "2.42-devel"; }`,
      /its version is not a release: 2\.42-devel/,
    ],
    [
      'two versions in what cannot be read',
      `{ weird }: weird { ${name} version = "2.42"; } { version = "2.41"; }`,
      /expected a call of mkDerivation/,
    ],
  ])('%s is no reason to guess', async (_, content, because) => {
    const { verdict } = await verdictOf(await written(content));
    expect(verdict.because).toMatch(because);
    expect(verdict.state).toBe('undetermined');
  });

  it.each<[what: string, content: string | number, says: RegExp]>([
    ['50 MB', 50_000_000, /larger than 1000000 bytes/],
    ['empty', '', /not a Nix expression/],
    ['binary', '\u0000\u0001\u0002ELF', /does not parse|not a Nix expression/],
    ['garbage that takes hours to parse', '2.41-rc1'.repeat(100_000), /takes too long to parse/],
    ['many words', 'a '.repeat(400_000), /too long to be the file of util-linux/],
    ['words just few enough', 'a '.repeat(14_000), /package\.nix: /],
    ['deeply nested', '['.repeat(100_000), /nested too deeply|not a Nix expression|does not parse/],
    ['a text', 'How to check out nixpkgs: see the manual.', /package\.nix: /],
    [
      'of another package',
      '{ stdenv }: stdenv.mkDerivation { pname = "curl"; version = "8.5.0"; }',
      /builds curl/,
    ],
    [
      'older than pname',
      '{ stdenv }: stdenv.mkDerivation { name = "util-vserver-0.30"; }',
      /builds util-vserver/,
    ],
  ])('%s: it is not what was meant', async (_, content, says) => {
    await expect(verdictOf(await written(content))).rejects.toThrow(UserError);
    await expect(verdictOf(await written(content))).rejects.toThrow(says);
  });

  it.each<[given: string, says: RegExp]>([
    ['nowhere', /no such file or directory/],
    ['bare-2.41/pkgs', /not a nixpkgs checkout, it has none of/],
    ['not-nix/pkgs/by-name/ut/util-linux/package.nix/x', /a part of the path is not a directory/],
  ])('%s: it is not there', async (given, says) => {
    await expect(verdictOf(path.join(fixtures, given))).rejects.toThrow(UserError);
    await expect(verdictOf(path.join(fixtures, given))).rejects.toThrow(says);
  });
});
