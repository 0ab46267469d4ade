/** The one module that runs programs. */
import { execa } from 'execa';
import { shellQuoted } from '../text/escape.ts';
import type { Command, RunLimits, RunLog, RunResult } from './command.ts';

/** How long outputs may stay open after the program has ended. */
const outputGraceMs = 1000;

/**
 * Runs a program to its end or to its limits, and stops it with SIGKILL there.
 * @returns how it ended; a program that cannot be started is a result too
 */
export async function run(command: Command, limits: RunLimits, log: RunLog): Promise<RunResult> {
  const { file, args, env } = command;
  const started = process.hrtime.bigint();
  const subprocess = execa(file, args, {
    ...(env ? { env, extendEnv: false } : {}),
    ...(limits.signal ? { cancelSignal: limits.signal } : {}),
    ...(command.input === undefined ? { stdin: 'ignore' } : { input: command.input }),
    all: true,
    reject: false,
    stripFinalNewline: false,
    timeout: limits.timeoutMs,
    maxBuffer: limits.maxBytes,
    killSignal: 'SIGKILL',
  });
  // A program that this one started may hold its outputs open after it; waiting for that has an end too.
  subprocess.once('exit', () => {
    const { stdout, stderr } = subprocess;
    // After a turn of the event loop, which reads what is there.
    const close = (): void => void [stdout?.destroy(), stderr?.destroy()];
    setTimeout(() => setImmediate(close), outputGraceMs).unref();
  });
  const result = await subprocess;
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
