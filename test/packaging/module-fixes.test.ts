/**
 * The fixes of the NixOS module are those of `generate`. To update nix/fixes after a change to a template:
 * npx vitest run test/packaging/module-fixes.test.ts -u, and remove the files that it then says are stale.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { moduleFixes } from '../../scripts/module-fixes.ts';
import { root } from '../helpers/tools.ts';

const directory = path.join(root, 'nix/fixes');
const files = moduleFixes();

it.each(files.map(({ path: name, content }) => [name, content]))('%s', async (name, content) => {
  await expect(content).toMatchFileSnapshot(path.join(directory, name));
});

it('there are no others', () => {
  expect(readdirSync(directory).sort()).toEqual(files.map((file) => file.path).sort());
});
