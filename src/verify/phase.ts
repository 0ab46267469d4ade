/** A phase is a value: a title, what it does, and where it changes something, how that is undone. */

export type PhaseState = 'passed' | 'affected' | 'undetermined' | 'failed' | 'left out';

export interface PhaseResult {
  state: PhaseState;
  /** why, in a sentence */
  because: string;
  /** what else is worth a line */
  details?: string[];
}

export interface Phase {
  name: string;
  title: string;
  /** @param say what happens meanwhile, for a person who watches */
  run(say: (line: string) => void): Promise<PhaseResult>;
  /** takes back what the phase changed; says what it did */
  undo?: () => Promise<PhaseResult>;
  /** whether the ladder ends here when the phase does not pass: what follows would stand on nothing */
  barrier?: boolean;
}

export interface PhaseReport extends PhaseResult {
  name: string;
  title: string;
  milliseconds: number;
}

/** Tells somebody where the ladder is. */
export interface Watcher {
  started(phase: Pick<Phase, 'name' | 'title'>): void;
  said(line: string): void;
  ended(report: PhaseReport): void;
}

export interface LadderResult {
  reports: PhaseReport[];
  /** the undos that were run, last phase first */
  undone: PhaseReport[];
}

/**
 * Runs the phases in order, to the first barrier that does not pass or to an interruption.
 * @param undoOn whether what the ladder came to asks for the undos; they run in reverse
 */
export async function climb(
  phases: Phase[],
  watcher: Watcher,
  signal: AbortSignal,
  undoOn: (reports: PhaseReport[], interrupted: boolean) => boolean,
): Promise<LadderResult> {
  const reports: PhaseReport[] = [];
  const begun: Phase[] = [];
  for (const phase of phases) {
    if (signal.aborted) break;
    begun.unshift(phase);
    const report = await timed(phase, watcher, (say) => phase.run(say));
    reports.push(report);
    if (phase.barrier && report.state !== 'passed' && report.state !== 'left out') break;
  }
  const undone: PhaseReport[] = [];
  if (undoOn(reports, signal.aborted)) {
    for (const { name, title, undo } of begun) {
      if (undo) undone.push(await timed({ name, title: `undo: ${title}` }, watcher, undo));
    }
  }
  return { reports, undone };
}

/** A phase that throws has failed, and says with what: the ladder goes on to its undos. */
async function timed(
  { name, title }: Pick<Phase, 'name' | 'title'>,
  watcher: Watcher,
  run: (say: (line: string) => void) => Promise<PhaseResult>,
): Promise<PhaseReport> {
  watcher.started({ name, title });
  const started = Date.now();
  const result = await run(watcher.said).catch(
    (error: unknown): PhaseResult => ({ state: 'failed', because: (error as Error).message }),
  );
  const report = { name, title, ...result, milliseconds: Date.now() - started };
  watcher.ended(report);
  return report;
}
