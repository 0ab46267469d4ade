/**
 * Every fix, byte for byte. test/golden has a file for each distinct content at a path, under the name of the first
 * case that has it; index.json says which files each case consists of.
 *
 * To update: npx vitest run test/remedy/golden.test.ts -u, and remove the files that it then says are stale.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { distributionNames } from '../../src/distributions/index.ts';
import { cases, fixFor } from '../helpers/cases.ts';
import { root } from '../helpers/tools.ts';

const directory = path.join(root, 'test/golden');
const indexFile = 'index.json';

/** The golden file of each distinct content at a path, and those that each case consists of. */
const goldens = new Map<string, { golden: string; content: string }>();
const index = cases.map(({ name, ...request }) => {
  const files = fixFor(request).files.map(({ path: file, content }) => {
    const key = JSON.stringify([file, content]);
    const { golden } = goldens.get(key) ?? { golden: path.join(name, file) };
    goldens.set(key, { golden, content });
    return golden;
  });
  return { name, files };
});

describe('every fix is what it was', () => {
  const files = [...goldens.values()].map(({ golden, content }) => [golden, content] as const);
  it.each(files)('%s', async (golden, content) => {
    await expect(content).toMatchFileSnapshot(path.join(directory, golden));
  });

  it('consists of the same files', async () => {
    const lines = index.map(({ name, files }) => `  ${JSON.stringify(name)}: ${JSON.stringify(files)}`);
    await expect(`{\n${lines.join(',\n')}\n}\n`).toMatchFileSnapshot(path.join(directory, indexFile));
  });

  it('leaves nothing stale in test/golden', () => {
    const expected = [indexFile, ...[...goldens.values()].map(({ golden }) => golden)];
    const stale = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
      .filter((file) => !expected.includes(file));
    expect(stale).toEqual([]);
  });

  it('covers every distribution, role and strategy that can be', () => {
    for (const name of distributionNames)
      expect(cases.map(({ distribution }) => distribution)).toContain(name);
    expect(cases.length).toBeGreaterThanOrEqual(113);
    expect(index.every(({ files }) => files.length > 0)).toBe(true);
  });
});
