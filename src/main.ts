/** The process edge: arguments, streams, signals, the exit code. */
import packageJson from '../package.json' with { type: 'json' };
import type { Activity } from './commands/context.ts';
import { type ExitCode, exitCodes, UserError } from './errors.ts';
import { onSignals } from './host/signals.ts';
import { lastingStream, releaseTerminal } from './host/streams.ts';
import { calledAs, inForm } from './text/called-as.ts';
import { printableLine } from './text/escape.ts';
import { withTrouble } from './trouble.ts';

const { version } = packageJson;

/** Describes damage to the program's own files, if that caused the error; else null. */
type Damage = (error: unknown) => string | null;

/** Runs a command line and sets process.exitCode. Never throws. */
export async function main(argv: string[], damage: Damage): Promise<void> {
  // Node's own warnings are for programmers; what a user must know is said in the program's words.
  if (!process.env['SUBPATHFIX_DEBUG']) process.removeAllListeners('warning');
  const form = calledAs(process.env);
  const stdout = lastingStream(process.stdout);
  // Only a person reads this one.
  const stderr = lastingStream(process.stderr, (text) => inForm(text, form));
  // Answered before anything is loaded.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return stdout.write(`${version}\n`);
  const say = (text: string): void => stderr.write(`subpathfix: ${printableLine(text)}\n`);
  const activity: Activity = { step: null, remains: () => [], isDecided: false, keepsUnsaid: false };
  const interruption = onSignals(
    () => say(`still busy: ${activity.step ?? 'ending'}; another signal gives up`),
    (exitCode) => {
      say(`gave up: ${activity.step ?? 'ending'}`);
      for (const what of activity.remains()) say(`left: ${what}`);
      release();
      process.exit(activity.remains().length > 0 ? exitCodes.failed : exitCode);
    },
  );
  const release = (): void => {
    if (interruption.hungUp() || stdout.isGone || stderr.isGone) releaseTerminal();
  };
  const failed = (error: unknown): ExitCode => {
    const known = withTrouble(error, damage);
    if (known instanceof UserError) {
      say(known.message);
      return known.exitCode;
    }
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    say(`internal error in subpathfix, please report it: ${message}`);
    if (process.env['SUBPATHFIX_DEBUG']) stderr.write(`${stack}\n`);
    return exitCodes.undetermined;
  };
  let readsThatHang = (): string[] => [];
  try {
    const [{ runCommandLine }, { localHost }, { hangingReads }] = await Promise.all([
      import('./cli.ts'),
      import('./host/local.ts'),
      import('./host/read.ts'),
    ]);
    readsThatHang = hangingReads;
    const host = localHost();
    const { signal } = interruption;
    process.exitCode = await runCommandLine({ host, version, signal, argv, stdout, stderr, activity });
    if (activity.keepsUnsaid) {
      // Whether the last line could be written is known a little later.
      await host.pause(1);
      const unsaid = stderr.unsaid() + stdout.unsaid();
      if (unsaid !== '') await (await import('./verify/unsaid.ts')).keepUnsaid(host, unsaid);
    }
  } catch (error) {
    process.exitCode = failed(error);
  } finally {
    const isLeft = process.exitCode === exitCodes.failed && activity.remains().length > 0;
    if (!isLeft && !activity.isDecided) process.exitCode = interruption.exitCode() ?? process.exitCode;
    interruption.release();
    release();
    endAtOnceIfOneHangs(readsThatHang(), say);
  }
}

/** Node waits for every read before it ends (libuv joins its threads), and this one does not return. */
function endAtOnceIfOneHangs([hanging]: string[], say: (text: string) => void): void {
  if (hanging === undefined) return;
  say(
    `${hanging}: still no answer, so this process cannot end in order: it ends by SIGKILL, with all said and done`,
  );
  process.kill(process.pid, 'SIGKILL');
}
