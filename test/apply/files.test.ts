import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { applyChanges, changesOf } from '../../src/apply/files.ts';
import { localHost } from '../../src/host/local.ts';
import { scratchDirectory } from '../helpers/tools.ts';

const options = { begins: '# Ours', force: false };

it('takes back what it wrote when a later file cannot be written', async () => {
  const host = localHost();
  const directory = await scratchDirectory();
  await writeFile(path.join(directory, 'old'), '# Ours: before');
  const wanted = [
    { path: 'old', content: '# Ours: after' },
    { path: 'made/new', content: '# Ours' },
    { path: 'blocked/file', content: '# Ours' },
  ];
  const changes = await changesOf(host, directory, wanted, options);
  await writeFile(path.join(directory, 'blocked'), 'came meanwhile');
  await expect(applyChanges(host, changes)).rejects.toThrow(
    /blocked: is not a directory; nothing was written/,
  );
  expect((await readdir(directory)).sort()).toEqual(['blocked', 'old']);
  expect(await readFile(path.join(directory, 'old'), 'utf8')).toBe('# Ours: before');
});
