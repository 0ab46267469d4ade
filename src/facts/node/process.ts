/** What a process gives the programs that it starts (proc_pid_environ(5), proc_pid_cwd(5)). */
import type { Process } from '../../distributions/distribution.ts';
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import { isSame, type Refusal, standingOf, wayOut } from './standing.ts';
import { parseAssignments } from './unit-syntax.ts';

export interface ProcessContext {
  env: Record<string, string>;
  cwd: string;
}

/**
 * The environment that a process was started with, and its directory.
 * @param expected the process that had this id when it was found
 * @returns unknown when it cannot be read, is not believed, or the process sees different files
 */
export async function readProcess(
  host: Host,
  pid: number,
  expected?: Pick<Process, 'started'>,
): Promise<Fact<ProcessContext>> {
  const directory = `/proc/${pid}`;
  const { started, refusal } = await standingOf(host, pid);
  if (expected && expected.started !== started) return unknown('not-found', `process ${pid} has ended`);
  if (refusal) return refused(pid, refusal);
  try {
    const [environ, cwd, root] = await Promise.all([
      host.readText(`${directory}/environ`, 4_000_000),
      host.readLink(`${directory}/cwd`),
      host.readLink(`${directory}/root`),
    ]);
    if (!(await isSame(host, pid, started))) return unknown('not-found', `there is no process ${pid}`);
    if (root === '/') return known({ env: parseEnviron(environ), cwd }, `${directory}/environ`);
    return unknown(
      'other-namespace',
      `process ${pid} is in another root directory, and uses another mount: run subpathfix there`,
    );
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return error.code === 'ENOENT'
      ? unknown('not-found', `there is no process ${pid}`)
      : unknown('no-access', error.message);
  }
}

function refused(pid: number, refusal: Refusal): Unknown {
  const { code, text } = refusal;
  if (code === 'ended') return unknown('not-found', `there is no process ${pid}`);
  const reason = code === 'other-namespace' || code === 'no-access' ? code : 'not-trusted';
  return unreadable(reason, `process ${pid} ${text}${wayOut(pid, refusal)}`);
}

/** NAME=VALUE, each ended by a NUL. */
export const parseEnviron = (text: string): Record<string, string> => parseAssignments(text.split('\0'));
