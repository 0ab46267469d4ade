/** Replaces the program in dist/. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bundle } from './bundle.ts';

/**
 * A program that is started in the meantime is complete: the new files are put beside the old ones before
 * main.cjs, the only one that keeps its name, is replaced. The previous program's files stay until the next
 * build, in case it is running.
 */
export async function replaceDist(dist: string, { files, launcher }: Bundle): Promise<void> {
  await mkdir(dist, { recursive: true });
  const found = await readdir(dist);
  const needed = new Set(['main.cjs', ...files.keys(), ...(await filesOf(path.join(dist, 'main.cjs')))]);
  const put = async (name: string, content: string | Uint8Array, mode: number): Promise<void> => {
    const temporary = path.join(dist, `.${name}.${process.pid}`);
    await writeFile(temporary, content, { mode });
    await rename(temporary, path.join(dist, name));
  };
  for (const [name, content] of files) await put(name, content, 0o644);
  await put('main.cjs', launcher, 0o755);
  for (const name of found) if (!needed.has(name)) await rm(path.join(dist, name), { force: true });
}

/** The files of the existing main.cjs; none if it is missing or of another kind. */
async function filesOf(main: string): Promise<string[]> {
  const source = await readFile(main, 'utf8').catch(() => '');
  const built = /^var built = (\{.*\});$/m.exec(source)?.[1];
  return built === undefined ? [] : Object.keys(JSON.parse(built).sizes);
}
