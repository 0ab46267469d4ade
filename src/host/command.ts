/** A command is a value; the host runs it. */
export interface Command {
  /** an absolute path, or a name that is looked up in PATH */
  file: string;
  args: string[];
  /** the whole environment; this process's own where it is not given */
  env?: Readonly<Record<string, string | undefined>>;
  /** what it reads on standard input; nothing where it is not given */
  input?: string | undefined;
  /** the directory that it runs in; this process's own where it is not given */
  cwd?: string;
  /**
   * whether it changes anything outside this process: --dry-run prints it instead of running it, and it runs in
   * a process group of its own, so that a terminal's Ctrl-C does not cut it off
   */
  mutates: boolean;
}

export interface RunOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /**
   * all: both outputs, up to maxBytes; errors: standard error alone; end: the last maxBytes of both, for a program
   * whose output nobody bounds. Default: all
   */
  keep?: 'all' | 'errors' | 'end';
  /** a program that writes more is stopped; does not count with keep: end. Default: 1 MB */
  maxBytes?: number;
  /** gets each line while it comes: of standard output with keep: errors, else of both outputs */
  onLine?: (line: string) => void;
  /** milliseconds that the program gets to end by itself after SIGTERM. Default: 0, which is SIGKILL at once */
  graceMs?: number;
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
  /** argv, as the process shows it */
  argv: string[];
}

/** How a program ended, in words that go after its name. */
export function endedText(
  { exitCode, stopped }: Pick<RunResult, 'exitCode' | 'stopped'>,
  { timeoutMs }: Pick<RunOptions, 'timeoutMs'>,
): string {
  if (stopped === null) return `exit ${exitCode}`;
  return {
    time: `did not end within ${timeoutMs / 1000} s, and was stopped`,
    output: 'wrote too much, and was stopped',
    signal: 'was stopped by a signal',
    'not started': 'could not be started',
  }[stopped];
}
