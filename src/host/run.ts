/** The one module that runs programs. */
import { execa } from 'execa';
import { shellQuoted } from '../text/escape.ts';
import type { Command, RunLimits, RunResult } from './command.ts';
import type { RunLog } from './host.ts';

/**
 * Runs a program to its end or to its limits, and stops it with SIGKILL there.
 * @returns how it ended; a program that cannot be started is a result too
 */
export async function run(command: Command, limits: RunLimits, log: RunLog): Promise<RunResult> {
  const { file, args, env } = command;
  const started = process.hrtime.bigint();
  const result = await execa(file, args, {
    ...(env ? { env, extendEnv: false } : {}),
    ...(limits.signal ? { cancelSignal: limits.signal } : {}),
    stdin: 'ignore',
    all: true,
    reject: false,
    stripFinalNewline: false,
    timeout: limits.timeoutMs,
    maxBuffer: limits.maxBytes,
    killSignal: 'SIGKILL',
  });
  log?.(
    `${shellQuoted(command)}  # ${outcome(result)}, ${(process.hrtime.bigint() - started) / 1_000_000n} ms`,
  );
  return {
    exitCode: result.exitCode ?? null,
    output: result.all ?? '',
    stopped: stopped(result),
  };
}

type Ended = Pick<
  Awaited<ReturnType<typeof execa>>,
  'timedOut' | 'isMaxBuffer' | 'isCanceled' | 'isTerminated' | 'exitCode' | 'failed'
>;

function stopped(result: Ended): RunResult['stopped'] {
  if (result.timedOut) return 'time';
  if (result.isMaxBuffer) return 'output';
  if (result.isCanceled || result.isTerminated) return 'signal';
  return result.failed && result.exitCode === undefined ? 'not started' : null;
}

const outcome = (result: Ended): string => stopped(result) ?? `exit ${result.exitCode}`;
