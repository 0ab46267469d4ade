/** Shows where a ladder of phases is: a line each, as it ends; with a spinner on a terminal. */
import { phaseLine } from '../report/verify/index.ts';
import { printable } from '../text/escape.ts';
import type { Watcher } from '../verify/phase.ts';
import type { Context, SharedOptions } from './context.ts';

/** Progress goes to standard error; --quiet and --json have none of it. */
export function watcherFor({ stderr }: Context, { quiet, json }: SharedOptions): Watcher & { close(): void } {
  if (quiet || json) {
    const nothing = (): void => {};
    return { started: nothing, said: nothing, ended: nothing, close: nothing };
  }
  const write = (line: string): void => stderr(`${printable(line)}\n`);
  return {
    started: ({ title }) => write(`-> ${title}`),
    said: (line) => write(`   ${line}`),
    ended: (report) => write(`   ${phaseLine(report)}`),
    close: () => {},
  };
}
