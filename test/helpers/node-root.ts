/** The nodes in test/fixtures/nodes, as the root of a file system. */
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { root } from './tools.ts';

export const nodeFixtures = path.join(root, 'test/fixtures/nodes');

/**
 * A copy of the fixture with its links, which a checkout cannot have: some lead to the root of the machine.
 * @returns its root, a directory in scratch
 */
export function nodeRoot(scratch: string, name: string): string {
  const directory = path.join(scratch, name);
  cpSync(path.join(nodeFixtures, name, 'root'), directory, { recursive: true });
  const links = JSON.parse(readFileSync(path.join(nodeFixtures, name, 'links.json'), 'utf8')) as Record<
    string,
    string
  >;
  for (const [file, target] of Object.entries(links)) {
    mkdirSync(path.dirname(directory + file), { recursive: true });
    symlinkSync(target, directory + file);
  }
  return directory;
}
