#!/usr/bin/env node
/** The process edge: arguments, signals, the exit code. */
import { constants } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import type { Context } from './commands/context.ts';
import { localHost } from './host/host.ts';
import { exitCodes } from './report/report.ts';

const { version } = packageJson;
const argv = process.argv.slice(2);

/** Errors that are the user's to mend; any other is a defect of this program. */
const userErrors = new Set(['RequestError', 'WriteError', 'ReadError']);

function fail(error: unknown): number {
  const { name, message } = error as Error;
  if (userErrors.has(name)) {
    process.stderr.write(`subpathfix: ${message}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`subpathfix: this is a defect of subpathfix, please report it: ${message}\n`);
  if (process.env['SUBPATHFIX_DEBUG']) process.stderr.write(`${(error as Error).stack}\n`);
  return exitCodes.undetermined;
}

/** A reader that has seen enough (`| head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const interrupted = new AbortController();
let exitAfterSignal: number | null = null;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // The first lets the command clean up; whoever sends a second does not want to wait.
    if (exitAfterSignal !== null) process.exit(exitAfterSignal);
    exitAfterSignal = 128 + constants.signals[name];
    interrupted.abort();
  });
}

async function main(): Promise<number> {
  // Answered before the command line is declared, which costs more than all the rest of it.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return exitCodes.good;
  }
  const context: Context = {
    host: localHost(),
    version,
    signal: interrupted.signal,
    argv,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  };
  const { commandLine } = await import('./cli.ts');
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

const exitCode = await main().catch(fail);
process.exitCode = exitAfterSignal ?? exitCode;
