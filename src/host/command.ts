/** A command is a value; the modules beside this one run it. */
export interface Command {
  /** an absolute path, or a name that is looked up in PATH */
  file: string;
  args: string[];
  /** the whole environment; this process's own where it is not given */
  env?: Record<string, string>;
  /** what it reads on standard input; nothing where it is not given */
  input?: string;
  /** the directory that it runs in; this process's own where it is not given */
  cwd?: string;
  /** whether it changes anything outside this process: --dry-run prints it instead of running it */
  mutates: boolean;
}

export interface RunLimits {
  timeoutMs: number;
  /** how much output is kept; a program that writes more is stopped */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface RunResult {
  /** null when it was stopped or could not be started */
  exitCode: number | null;
  /** standard output and standard error, as they came */
  output: string;
  /** why it did not end by itself; null when it did */
  stopped: 'time' | 'output' | 'not started' | 'signal' | null;
}

/** What a run writes about itself, to standard error; null for nothing. */
export type RunLog = ((line: string) => void) | null;

/** A process of the machine. */
export interface ProcessEntry {
  pid: number;
  /** argv, as the process shows it */
  argv: string[];
}

/** The last lines of a program's output that say something, for an error message. */
export function lastLines(output: string, count: number): string[] {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count);
}
