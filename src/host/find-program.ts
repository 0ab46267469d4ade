/** Which file a name stands for, as execvp(3) and Go's exec.LookPath find it. */
import path from 'node:path';

/** @param searchPath the value of PATH; an empty entry is the current directory */
export async function findProgram(
  isProgram: (file: string) => boolean | Promise<boolean>,
  name: string,
  searchPath: string,
  cwd: string,
): Promise<string | null> {
  const directories = name.includes('/') ? [''] : searchPath.split(':');
  for (const directory of directories) {
    const file = path.resolve(cwd, directory, name);
    if (await isProgram(file)) return file;
  }
  return null;
}
