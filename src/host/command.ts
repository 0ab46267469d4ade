/** A command is a value; the host runs it. */
export interface Command {
  /** an absolute path, or a name that is looked up in PATH */
  file: string;
  args: string[];
  /** the whole environment; default: this process's own */
  env?: Readonly<Record<string, string | undefined>>;
  /** standard input; default: empty */
  input?: string | undefined;
  /** working directory; default: this process's own */
  cwd?: string;
  /**
   * whether it changes anything outside this process: --dry-run prints it instead of running it, and it runs in
   * its own process group, so that Ctrl-C in a terminal does not cut it off
   */
  mutates: boolean;
}

export interface RunOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /**
   * all: both outputs, up to maxBytes; errors: standard error alone; end: the last maxBytes of both, for a program
   * whose output is unbounded. Default: all
   */
  keep?: 'all' | 'errors' | 'end';
  /** a program that writes more is stopped; does not count with keep: end. Default: 1 MB */
  maxBytes?: number;
  /** gets each line as it comes: of standard output with keep: errors, else of both outputs */
  onLine?: (line: string) => void;
  /** milliseconds between SIGTERM and SIGKILL. Default: 0, which is SIGKILL at once */
  graceMs?: number;
}

export interface StreamOptions {
  signal?: AbortSignal | undefined;
  /** what it gets on its standard input; default: nothing */
  input?: AsyncIterable<Uint8Array>;
  /** gets what it says on standard error, when it ends: its last 4 kB */
  onErrors?: (text: string) => void;
}

export interface RunResult {
  /** null when it was stopped or could not be started */
  exitCode: number | null;
  /** what was kept of its output */
  output: string;
  /** why it did not end by itself; null when it did */
  stopped: Stopped | null;
}

export type Stopped = 'time' | 'output' | 'not started' | 'signal';

export const defaultMaxBytes = 1_000_000;

/** A process of the machine. */
export interface ProcessEntry {
  pid: number;
  /** argv, as the process shows it: anything that whoever started it likes */
  argv: string[];
  /** the program that it runs, links followed; null if that cannot be read */
  program: string | null;
}

/** How a program ended, to follow its name. */
export function endedText(
  { exitCode, stopped }: Pick<RunResult, 'exitCode' | 'stopped'>,
  { timeoutMs }: Pick<RunOptions, 'timeoutMs'>,
): string {
  if (stopped === null) return `exit ${exitCode}`;
  return {
    time: `did not finish within ${timeoutMs / 1000} s and was stopped`,
    output: 'wrote too much output and was stopped',
    signal: 'was stopped by a signal',
    'not started': 'could not be started',
  }[stopped];
}
