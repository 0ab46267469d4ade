/** The process edge: arguments, signals, the exit code. */
import { constants } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import type { Output } from './commands/context.ts';
import { type ExitCode, exitCodes, UserError } from './errors.ts';
import { printable } from './text/escape.ts';

const { version } = packageJson;

/** Describes damage to the program's own files, if that caused the error; else null. */
type Damage = (error: unknown) => string | null;

/** Runs a command line and sets process.exitCode. Never throws. */
export async function main(argv: string[], damage: Damage): Promise<void> {
  // Answered before anything is loaded.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    // A reader that closes the pipe early (`| head`) is not an error.
    if (error.code !== 'EPIPE') throw error;
  });
  const signals = handleSignals();
  try {
    process.exitCode = await run(argv, signals.interrupted);
  } catch (error) {
    process.exitCode = fail(error, damage);
  } finally {
    process.exitCode = signals.exitCode() ?? process.exitCode;
    signals.release();
  }
}

async function run(argv: string[], signal: AbortSignal): Promise<number> {
  const [{ runCommandLine }, { localHost }] = await Promise.all([
    import('./cli.ts'),
    import('./host/local.ts'),
  ]);
  const [stdout, stderr] = [output(process.stdout), output(process.stderr)];
  return runCommandLine({ host: localHost(), version, signal, argv, stdout, stderr });
}

function output(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => stream.write(text),
    get columns() {
      return stream.isTTY ? stream.columns || 80 : null;
    },
  };
}

function fail(error: unknown, damage: Damage): ExitCode {
  const damaged = error instanceof UserError ? null : damage(error);
  const known = damaged === null ? error : new UserError(damaged);
  if (known instanceof UserError) {
    process.stderr.write(`subpathfix: ${printable(known.message)}\n`);
    return known.exitCode;
  }
  const { message, stack } = error as Error;
  process.stderr.write(`subpathfix: internal error in subpathfix, please report it: ${printable(message)}\n`);
  if (process.env['SUBPATHFIX_DEBUG']) process.stderr.write(`${stack}\n`);
  return exitCodes.undetermined;
}

/** The first signal lets the command clean up; a second one exits at once. */
function handleSignals() {
  const controller = new AbortController();
  let exitCode: number | null = null;
  const received = (name: NodeJS.Signals): void => {
    if (exitCode !== null) process.exit(exitCode);
    exitCode = 128 + constants.signals[name];
    controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, received);
  return {
    interrupted: controller.signal,
    /** 128 plus the signal's number; null before one arrives */
    exitCode: () => exitCode,
    release: () => {
      for (const name of names) process.off(name, received);
    },
  };
}
