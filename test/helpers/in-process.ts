/** The command line without a process of its own, on this machine. */
import { runCommandLine } from '../../src/cli.ts';
import { localHost } from '../../src/host/local.ts';
import type { CliResult } from './tools.ts';

/**
 * @param env the whole environment that the program sees
 * @param cwd the directory in which it is called
 */
export async function inProcess(
  argv: string[],
  env: Record<string, string> = {},
  cwd = process.cwd(),
): Promise<CliResult> {
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said) => ({
    columns: null,
    write: (text: string) => {
      said[name] += text;
    },
  });
  const exitCode = await runCommandLine({
    ...{ host: { ...localHost(env), cwd }, version: '0', signal: new AbortController().signal, argv },
    ...{ stdout: stream('stdout'), stderr: stream('stderr') },
  });
  return { exitCode, ...said };
}
