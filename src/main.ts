/** The process edge: arguments, signals, the exit code. */
import { constants } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { exitCodes } from './report/exit.ts';
import { printable } from './text/escape.ts';

const { version } = packageJson;

/** Runs a command line to its exit code, which it leaves in process.exitCode. Never throws. */
export async function main(argv: string[]): Promise<void> {
  // Answered before anything is loaded.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  process.stdout.once('error', outputError);
  const signals = handleSignals();
  try {
    process.exitCode = await run(argv, signals.interrupted);
  } catch (error) {
    process.exitCode = fail(error);
  } finally {
    process.exitCode = signals.exitCode() ?? process.exitCode;
    signals.release();
  }
}

async function run(argv: string[], signal: AbortSignal): Promise<number> {
  const [{ commandLine }, { localHost }] = await Promise.all([import('./cli.ts'), import('./host/host.ts')]);
  const context = {
    host: localHost(),
    version,
    signal,
    argv,
    stdout: (text: string) => process.stdout.write(text),
    stderr: (text: string) => process.stderr.write(text),
  };
  let result: Promise<number> | undefined;
  const program = commandLine(context, (exitCode) => {
    result = exitCode;
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    // commander has written its message already; its own exit code for one is 1, which means affected here.
    const { code, exitCode } = error as { code?: string; exitCode?: number };
    if (code?.startsWith('commander.')) return exitCode === 0 ? exitCodes.good : exitCodes.usage;
    throw error;
  }
  return (await result) ?? exitCodes.usage;
}

/** Errors that are the user's to mend; any other is a defect of this program. */
const userErrors = new Set(['RequestError', 'WriteError', 'ReadError']);

function fail(error: unknown): number {
  const { name, message, stack } = error as Error;
  if (userErrors.has(name)) {
    process.stderr.write(`subpathfix: ${printable(message)}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(
    `subpathfix: this is a defect of subpathfix, please report it: ${printable(message)}\n`,
  );
  if (process.env['SUBPATHFIX_DEBUG']) process.stderr.write(`${stack}\n`);
  return exitCodes.undetermined;
}

/** A reader that has seen enough (`| head`) is no error. */
function outputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

interface Signals {
  interrupted: AbortSignal;
  /** 128 and the signal's number, once one has come */
  exitCode(): number | null;
  release(): void;
}

/** The first signal lets the command clean up; whoever sends a second does not want to wait. */
function handleSignals(): Signals {
  const controller = new AbortController();
  let exitCode: number | null = null;
  const received = (name: NodeJS.Signals): void => {
    if (exitCode !== null) process.exit(exitCode);
    exitCode = 128 + constants.signals[name];
    controller.abort();
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, received);
  return {
    interrupted: controller.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const name of names) process.off(name, received);
    },
  };
}
