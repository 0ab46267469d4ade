/** Puts a new program in the place of the one that is in dist/. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bundle } from './bundle.ts';

/**
 * Whoever starts the program meanwhile finds a whole one: the new files stand beside the old ones before
 * main.cjs, the only one whose name stays, is replaced. The files of the program before stay until the next
 * time, for whoever runs it.
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

/** What the main.cjs that is there starts; nothing where there is none, or one of another kind. */
async function filesOf(main: string): Promise<string[]> {
  const source = await readFile(main, 'utf8').catch(() => '');
  const built = /^var built = (\{.*\});$/m.exec(source)?.[1];
  return built === undefined ? [] : Object.keys(JSON.parse(built).sizes);
}
