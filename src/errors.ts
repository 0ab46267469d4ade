/** Exit codes, as scripts rely on them, and the one kind of error that is shown to a person as a sentence. */

export const exitCodes = {
  good: 0,
  affected: 1,
  usage: 2,
  undetermined: 3,
  failed: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Something that the user can mend: what is wrong, where, and what to do. Every other error that reaches the
 * process edge is a defect of this program.
 */
export class UserError extends Error {
  override name = 'UserError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.usage,
  ) {
    super(message);
  }
}
