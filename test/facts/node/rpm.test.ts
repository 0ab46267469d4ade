import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rpmPackages } from '../../../src/facts/node/rpm.ts';
import { root } from '../../helpers/tools.ts';

const microos = gunzipSync(readFileSync(path.join(root, 'test/fixtures/rpm/microos.sqlite.gz')));

describe('a database of rpm', () => {
  it('has what rpm -qa lists, and not what was replaced', () => {
    const names = rpmPackages(microos)?.map(({ name, version, release }) => `${name}-${version}-${release}`);
    const fillers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `filler${number}-1.${number}-1`);
    expect(names?.sort()).toEqual(['bash-5.2-3', 'filesystem-84.87-14.1', ...fillers, 'libmount1-2.41-1.1']);
    expect(microos.includes('2.40.4')).toBe(true);
  });

  it('is not understood at any length that it is cut to', () => {
    for (let length = 0; length < microos.length; length += 997) {
      const packages = rpmPackages(microos.subarray(0, length));
      if (packages) expect(packages).toHaveLength(12);
    }
  });
});
