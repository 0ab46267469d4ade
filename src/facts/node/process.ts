/** What a process gives the programs that it starts (proc_pid_environ(5), proc_pid_cwd(5)). */
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { parseAssignments } from './unit-syntax.ts';

/**
 * The environment that a process was started with, and its directory.
 * @returns unknown when it cannot be read, or the process sees different files
 */
export async function readProcess(
  host: Host,
  pid: number,
): Promise<Fact<{ env: Record<string, string>; cwd: string }>> {
  const directory = `/proc/${pid}`;
  try {
    const [environ, cwd, root, namespace, ownNamespace] = await Promise.all([
      host.readText(`${directory}/environ`, 4_000_000),
      host.readLink(`${directory}/cwd`),
      host.readLink(`${directory}/root`),
      host.readLink(`${directory}/ns/mnt`),
      host.readLink('/proc/self/ns/mnt'),
    ]);
    if (root === '/' && namespace === ownNamespace)
      return known({ env: parseEnviron(environ), cwd }, `${directory}/environ`);
    return unknown(
      'other-namespace',
      `process ${pid} is in another mount namespace or root directory, and uses another mount: run subpathfix there (nsenter --target ${pid} --mount)`,
    );
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return error.code === 'ENOENT'
      ? unknown('not-found', `there is no process ${pid}`)
      : unknown('no-access', error.message);
  }
}

/** NAME=VALUE, each ended by a NUL. */
export const parseEnviron = (text: string): Record<string, string> => parseAssignments(text.split('\0'));
