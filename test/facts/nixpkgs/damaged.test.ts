import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { NotUnderstood } from '../../../src/facts/fact.ts';
import { noFacts } from '../../../src/facts/facts.ts';
import { factsIn } from '../../../src/facts/nixpkgs/read.ts';
import { judge } from '../../../src/verdict/judge.ts';
import { root } from '../../helpers/tools.ts';

/** Files that name the fix, and do not have it. */
const names = [
  'nixpkgs-shapes/shadowed-optionals-2.41.nix',
  'nixpkgs-shapes/merged-back-2.41.nix',
  'nixpkgs-shapes/commented-version-2.41.nix',
  'nixpkgs-shapes/fetchpatch-revert-2.41.nix',
  'nixpkgs-shapes/fetchpatch-excludes-it-2.41.nix',
  'nixpkgs-shapes/optional-attrs-2.41-perhaps.nix',
  ...['commented-out', 'elsewhere', 'conditional'].map(
    (name) => `nixpkgs/${name}/pkgs/by-name/ut/util-linux/package.nix`,
  ),
];
const sources = names.map((name) => readFileSync(path.join(root, 'test/fixtures', name), 'utf8'));

/** An edit that breaks the syntax: a smaller one can make another file, that is right as it stands. */
interface Damage {
  /** where, of 1 */
  at: number;
  /** what is inserted there; empty: the file ends there */
  inserted: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  inserted: fc.constantFrom('', ...'{}[]()"=;', '<<<<<<<'),
});

function damaged(source: string, { at, inserted }: Damage): string {
  const start = Math.floor(at * source.length);
  return source.slice(0, start) + (inserted === '' ? '' : inserted + source.slice(start));
}

async function stateOf(source: string): Promise<string> {
  const load = async (): Promise<string> => {
    throw new Error('there is none');
  };
  const file = { path: 'pkgs/by-name/ut/util-linux/package.nix', where: 'package.nix', source, load };
  try {
    const facts = await factsIn(file, 'a'.repeat(40), advisory);
    const { value } = facts.utilLinux.known ? facts.utilLinux : { value: null };
    // A version that was damaged itself is another version.
    return value?.release === '2.41' ? judge({ ...noFacts(), ...facts }, advisory).state : 'undetermined';
  } catch (error) {
    if (error instanceof NotUnderstood) return 'undetermined';
    throw error;
  }
}

it('a damaged file without the fix is never called fixed', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...sources),
    fc.array(damage, { minLength: 1, maxLength: 3 }),
    async (source, all) => {
      expect(['affected', 'undetermined']).toContain(await stateOf(all.reduce(damaged, source)));
    },
  );
  await fc.assert(property, { numRuns: 3000 });
}, 60_000);
