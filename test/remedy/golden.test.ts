import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cases, cure } from '../helpers/cases.ts';
import { root } from '../helpers/tools.ts';

describe('every cure is what it was', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const { files } = cure(one);
    expect(files.length).toBeGreaterThan(0);
    for (const { path: file, content } of files) {
      await expect(content).toMatchFileSnapshot(path.join(root, 'test/golden', name, file));
    }
  });

  it('covers every distribution, role and strategy that there can be', () => {
    expect(cases.length).toMatchInlineSnapshot(`113`);
  });
});
