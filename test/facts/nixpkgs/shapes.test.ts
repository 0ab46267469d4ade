import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { noFacts } from '../../../src/facts/facts.ts';
import { readNixpkgs } from '../../../src/facts/nixpkgs/read.ts';
import { localHost } from '../../../src/host/local.ts';
import { judge } from '../../../src/verdict/judge.ts';
import type { State } from '../../../src/verdict/states.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/nixpkgs-shapes');
const A = 'affected';
const F = 'fixed';
const N = 'not-affected';
const U = 'undetermined';

type Row = [file: string, state: State, because?: RegExp];

const eras: Row[] = [
  ['name-2.21.2', N, /2\.21\.2 is older/],
  ['joined-version-2.32.1', N, /2\.32\.1 is older/],
  ['interpolated-2.33', N, /2\.33\.2 is older/],
  ['comma-first-asserts-2.36', N],
  ['rec-2.37.2', N],
  ['optionals-2.38', N],
  ['fetchpatch-2.39', N],
  ['trailing-comma-2.40', N],
  ['final-attrs-2.41', A, /none of its 1 patches/],
  ['final-attrs-rec-2.41-fixed', F],
  ['assert-let-2.41', A],
  ['assert-let-2.42', F, /2\.42 has the fix/],
];

const nestings: Row[] = [
  ['let-assert-with-2.41-fixed', F],
  ['with-optionals-2.41-fixed', F],
  ['shadowed-optionals-2.41', A, /none of its 0 patches/],
  ['inherit-2.41-fixed', F],
  ['inherit-from-2.41.4', F, /2\.41\.4 has the fix/],
  ['quoted-names-2.41-fixed', F],
  ['merged-2.41-fixed', F],
  ['merged-back-2.41', A, /none of its 0 patches/],
  ['optional-attrs-2.41-fixed', F],
  ['optional-attrs-2.41-perhaps', U, /condition is not understood: ncursesSupport/],
  ['overridden-2.41-fixed', F],
  ['overridden-twice-2.41-fixed', F],
  ['map-fetchpatch-2.41-fixed', F, /pull\/3479/],
  ['version-older-2.41-fixed', F],
  ['if-else-2.41-fixed', F],
  ['choice-of-builds-2.41.2', F, /2\.41\.2/],
  ['make-overridable-2.41.3', F, /2\.41\.3/],
  ['commented-version-2.41', A, /none of its 0 patches/],
  ['wrapper/call-package-2.41-fixed', F, /fix-mount-regression\.patch/],
  ['wrapper/call-package-2.42.2', F, /2\.42\.2/],
  ['wrapper/import-2.41', A, /none of its 1 patches/],
];

/** What cannot be read: a version that settles it does, and no other. */
const unreadable: Row[] = [
  ['unknown-rest-2.41', U, /what extra has is not known/],
  ['unknown-rest-2.42.1', F, /2\.42\.1 has the fix/],
  ['unknown-patches-2.42', F],
  ['unknown-patches-2.41', U, /listFilesRecursive lists is not known/],
  ['unknown-patch-2.41', U, /patch 2 of the list has an unknown form/],
  ['unknown-patch-2.41-fixed', F],
  ['unknown-builder-2.42.2', F, /2\.42\.2/],
  ['unknown-builder-2.41', U, /expected a call of mkDerivation/],
  ['wrapper/missing-2.41', U, /not-here\.nix cannot be read/],
  ['wrapper/missing-2.42.1', F, /2\.42\.1/],
  ['choice-of-versions', U],
  ['formal-version', U],
  ['computed-name-2.41', U, /the name is computed/],
  ['cut-off-2.42.2', F, /2\.42\.2/],
  ['conflict-2.42', U],
  ['twice-2.41', U, /set twice/],
  ['lost-2.41', U, /does not parse/],
  ['broken-let-2.41', U, /does not parse/],
];

const fetched: Row[] = [
  ['fetchpatch-revert-2.41', U, /takes the fix out/],
  ['fetchpatch-revert-2.42', U, /takes the fix out/],
  ['fetchpatch-revert-2.40', N],
  ['fetchpatch-revert-no-2.41-fixed', F],
  ['fetchpatch-revert-perhaps-2.41', U],
  ['fetchpatch-includes-2.41-fixed', F],
  ['fetchpatch-includes-other-2.41', U, /does not change libmount\/src\/context\.c/],
  ['fetchpatch-includes-computed-2.41', U, /includes or excludes are not understood/],
  ['fetchpatch-excludes-2.41-fixed', F],
  ['fetchpatch-excludes-it-2.41', U, /does not change libmount\/src\/context\.c/],
  ['fetchpatch-post-fetch-2.41', U, /postFetch can change what is fetched/],
  ['fetchpatch-strip-2.41', U, /stripLen/],
  ['defect-reverted-2.41', U, /takes the defect's commit out/],
];

describe.each([
  ['of every era', eras],
  ['however it is nested', nestings],
  ['that cannot be read whole', unreadable],
  ['with a patch that is fetched', fetched],
] as [string, Row[]][])('a file of util-linux %s', (_, rows) => {
  it.each(rows)('%s is %s', async (file, state, because = /./) => {
    const facts = await readNixpkgs(localHost(), path.join(fixtures, `${file}.nix`), advisory);
    const verdict = judge({ ...noFacts(), ...facts }, advisory);
    expect(verdict).toMatchObject({ state, because: expect.stringMatching(because) });
  });
});

it('has a row for every file, and no file decides by itself what it imports', () => {
  const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.nix'),
  );
  const rows = [eras, nestings, unreadable, fetched].flat().map(([file]) => `${file}.nix`);
  expect([...rows, 'wrapper/common.nix', 'wrapper/generic.nix'].sort()).toEqual(files.sort());
});
