import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from '../cluster/layout.ts';

/**
 * A directory of the cache, filled where it is not there yet: as a whole, or not at all. Its name holds what it is
 * made from, so that another content is another directory.
 */
export async function cached(
  name: string,
  madeFrom: readonly (string | Buffer)[],
  fill: (dir: string) => Promise<void>,
  report: (line: string) => void,
): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify(madeFrom.map(String)))
    .digest('hex');
  const dir = join(CACHE, `${name}-${key.slice(0, 16)}`);
  if (existsSync(dir)) return dir;
  report(`building ${dir}`);
  await mkdir(CACHE, { recursive: true });
  const partial = await mkdtemp(`${dir}.partial-`);
  try {
    await fill(partial);
    if (!existsSync(dir)) await rename(partial, dir);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return dir;
}

/** The contents of the source files of a directory, by name. */
export function sourcesIn(dir: string): string[] {
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).sort();
  return names.flatMap((name) => [name, readFileSync(join(dir, name), 'utf8')]);
}
