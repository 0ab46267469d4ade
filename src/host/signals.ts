/** Signals that ask the program to end: the first lets it clean up, the third one ends it. */
import { constants } from 'node:os';

/** Ctrl-C can come twice: from the terminal, and from npm, which passes it on. */
const sameMs = 500;

export interface Interruption {
  /** fires at the first signal */
  signal: AbortSignal;
  /** as a shell gives it; null before the first signal. A terminal that goes away counts as SIGTERM */
  exitCode(): number | null;
  /** whether SIGHUP was received */
  hungUp(): boolean;
  release(): void;
}

/**
 * A closing terminal sends SIGHUP, and the shell sends another: that never counts as asking again.
 * @param again called at the second signal
 * @param giveUp called at the third; it ends the process
 */
export function onSignals(again: () => void, giveUp: (exitCode: number) => void): Interruption {
  const controller = new AbortController();
  let exitCode: number | null = null;
  let asked = 0;
  let hungUp = false;
  let last = Number.NEGATIVE_INFINITY;
  const received = (name: NodeJS.Signals): void => {
    const isFirst = exitCode === null;
    exitCode ??= 128 + constants.signals[name === 'SIGINT' ? 'SIGINT' : 'SIGTERM'];
    controller.abort();
    hungUp ||= name === 'SIGHUP';
    if (!isFirst && (name === 'SIGHUP' || performance.now() - last < sameMs)) return;
    last = performance.now();
    asked += 1;
    if (asked === 2) again();
    else if (asked > 2) giveUp(exitCode);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, received);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    hungUp: () => hungUp,
    release: () => {
      for (const name of names) process.off(name, received);
    },
  };
}
