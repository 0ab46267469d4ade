/** What to say of a program that this one needs and cannot use. */
import type { RunResult } from './command.ts';

export interface Tool {
  /** absolute; null if there is none that is trusted */
  file: string | null;
  /** those that come first in PATH but are not trusted, a sentence each */
  refused: string[];
}

type Refused = Pick<Tool, 'refused'>;

/** Why there is none, for a person. */
export const missingText = (name: string, { refused }: Refused): string =>
  refused.length === 0
    ? `${name} is not in PATH`
    : `${name} is not in PATH where only root can change it: ${refused.join('; ')}`;

/** What running such a program gives. */
export const notStarted = (name: string, tool: Refused): RunResult => ({
  exitCode: null,
  output: missingText(name, tool),
  stopped: 'not started',
});
