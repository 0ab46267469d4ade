/** What a process gives the programs that it starts (proc_pid_environ(5), proc_pid_cwd(5)). */
import { type Host, ReadError } from '../../host/host.ts';

export interface ProcessEnvironment {
  env: Record<string, string>;
  cwd: string;
}

const environLimit = 4_000_000;

/**
 * The environment that a process was started with, and its directory.
 * @returns why not, when it cannot be read or the process sees other files than this one
 */
export async function readProcess(host: Host, pid: number): Promise<ProcessEnvironment | string> {
  const directory = `/proc/${pid}`;
  try {
    const [environ, cwd, root, its, ours] = await Promise.all([
      host.readText(`${directory}/environ`, environLimit),
      host.readLink(`${directory}/cwd`),
      host.readLink(`${directory}/root`),
      host.readLink(`${directory}/ns/mnt`),
      host.readLink('/proc/self/ns/mnt'),
    ]);
    if (root !== '/' || its !== ours) {
      return `process ${pid} is in another mount namespace or root directory than this one, so its mount is not the one here; run subpathfix there (nsenter --target ${pid} --mount)`;
    }
    return { env: parseEnviron(environ), cwd };
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return error.code === 'ENOENT' ? `there is no process ${pid}` : error.message;
  }
}

/** NAME=VALUE, each ended by a NUL. */
export function parseEnviron(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) env[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return env;
}
