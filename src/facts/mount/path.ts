/** Which mount a process would run: the first in its PATH, as execvp(3) and Go's exec.LookPath find it. */
import path from 'node:path';
import type { Host } from '../../host/host.ts';

/**
 * @param searchPath the value of PATH; an empty entry is the current directory
 * @param cwd what relative entries are relative to
 * @returns an absolute path, or null where PATH has no such program
 */
export async function findProgram(
  host: Host,
  name: string,
  searchPath: string,
  cwd: string,
): Promise<string | null> {
  if (name.includes('/')) {
    const file = path.resolve(cwd, name);
    return (await host.isProgram(file)) ? file : null;
  }
  for (const directory of searchPath.split(':')) {
    const file = path.resolve(cwd, directory, name);
    if (await host.isProgram(file)) return file;
  }
  return null;
}
