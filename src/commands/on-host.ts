/** Runs a command on one host that is reached by ssh, within its time. */
import { exitCodes, UserError } from '../errors.ts';
import { foreseen } from '../facts/node/foreseen.ts';
import { type Connection, connect } from '../host/ssh/connection.ts';
import { HostError } from '../host/ssh/errors.ts';
import { remoteHost } from '../host/ssh/host.ts';
import type { Document } from '../report/document.ts';
import type { HostReport } from '../report/documents/hosts.ts';
import { printableLine } from '../text/escape.ts';
import type { Context } from './context.ts';

export type RunCommand = (context: Context, options: never) => Promise<number>;

export interface OnHost {
  context: Context;
  /** the ssh program */
  ssh: string;
  /** those of the command */
  options: object;
  run: RunCommand;
  limitMs: number;
  /** whether it changes something there: then it is not cut off at once, but told to end */
  changes: boolean;
}

/** What is being changed when the time is up or somebody interrupts gets this long to be put in order, in ms. */
const orderMs = 30_000;

/** Never throws for what a host does: that is its result. */
export async function onHost(target: string, asked: OnHost): Promise<HostReport> {
  const { context, limitMs } = asked;
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 10) / 100;
  if (context.signal.aborted) return failedReport(target, seconds(), interrupted());
  const ending = new AbortController();
  let connection = connect(asked.ssh, target, context.host.env);
  let why: HostError | null = null;
  let later: NodeJS.Timeout | undefined;
  const end = (reason: HostError): void => {
    if (why) return;
    why = reason;
    ending.abort();
    if (asked.changes && connection.roundTrips() > 1)
      later = setTimeout(() => connection.close(reason), orderMs);
    else connection.close(reason);
  };
  const timer = setTimeout(() => end(outOfTime(limitMs)), limitMs);
  const stop = (): void => end(interrupted());
  context.signal.addEventListener('abort', stop);
  try {
    for (let count = 0; count < mostTries - 1 && (await isDropped(connection)) && !why; count += 1) {
      await context.host.pause(againMs * (1 + count + Math.random()), ending.signal);
      connection = connect(asked.ssh, target, context.host.env);
    }
    const report = await reportOf(target, asked, connection, ending.signal);
    const fault = connection.failed() ?? (report.document ? null : why);
    return fault ? failedReport(target, seconds(), fault) : { ...report, seconds: seconds() };
  } catch (error) {
    return failedReport(target, seconds(), connection.failed() ?? why ?? error);
  } finally {
    clearTimeout(timer);
    clearTimeout(later);
    context.signal.removeEventListener('abort', stop);
    connection.close(interrupted());
  }
}

/** A server, or a jump host, that has too many logins at a time drops some before they begin (MaxStartups). */
const [mostTries, againMs] = [4, 500];

/** Whether the connection ended before its first answer, in a way that another try may not. */
async function isDropped(connection: Connection): Promise<boolean> {
  await connection.greeted;
  return connection.failed()?.code === 'dropped';
}

const interrupted = (): HostError => new HostError('interrupted', 'interrupted before it was done');

const outOfTime = (limitMs: number): HostError =>
  new HostError('no-answer', `not done within ${limitMs / 1000} s; allow more with --timeout, or look at it`);

async function reportOf(
  name: string,
  { context, options, run }: OnHost,
  connection: Connection,
  signal: AbortSignal,
): Promise<Omit<HostReport, 'seconds'>> {
  const { host, becameRootAs } = await remoteHost(connection, foreseen());
  let document: Document | null = null;
  const say = (line: string): unknown => context.stderr.write(`${printableLine(`[${name}]`)} ${line}`);
  const exitCode = await run(
    {
      ...{ host, version: context.version, argv: context.argv, signal },
      stdout: { write: () => undefined, columns: null },
      stderr: { write: say, columns: null },
      take: (taken) => {
        document = taken;
      },
    },
    { ...options, json: true } as never,
  );
  const taken = document as Document | null;
  if (!taken) throw interrupted();
  return {
    ...{ name, outcome: taken.outcome, state: taken.headline, because: taken.message },
    ...{ exitCode, becameRootAs, error: null, document: taken },
    report: taken.published as HostReport['report'],
  };
}

/** @param error any: a bug of this program is one host's too, and said as such */
function failedReport(name: string, seconds: number, error: unknown): HostReport {
  const known = error instanceof UserError;
  const because = known ? error.message : `internal error in subpathfix, please report it: ${error}`;
  const failure = error instanceof HostError ? { code: error.code, text: because } : null;
  const state = failure?.code === 'interrupted' ? 'interrupted' : failure ? 'unreachable' : 'not examined';
  const exitCode = known && error.exitCode === exitCodes.failed ? exitCodes.failed : exitCodes.undetermined;
  return {
    ...{
      name,
      outcome: exitCode === exitCodes.failed ? 'failed' : 'unknown',
      state,
      because,
      exitCode,
      seconds,
    },
    ...{ becameRootAs: null, error: failure, report: null, document: null },
  };
}
