import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { CACHE } from './layout.ts';

/** Makes a directory in whole or not at all: an interrupted build leaves no half of one under its name. */
export async function cached(
  dir: string,
  make: (dir: string) => Promise<void>,
  report: (line: string) => void,
): Promise<void> {
  if (existsSync(dir)) return;
  report(`building ${dir}`);
  await mkdir(CACHE, { recursive: true });
  const partial = await mkdtemp(`${dir}.partial-`);
  try {
    await chmod(partial, 0o755);
    await make(partial);
    await rename(partial, dir);
  } catch (error) {
    // Another process can have been quicker with the same.
    if (!existsSync(dir)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

export function digest(...contents: Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}\n`).update(content);
  return hash.digest('hex').slice(0, 16);
}
