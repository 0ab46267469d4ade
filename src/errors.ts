/** Exit codes, which scripts rely on, and the only kind of error that is shown as a plain sentence. */

export const exitCodes = {
  good: 0,
  affected: 1,
  usage: 2,
  undetermined: 3,
  failed: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Something that the user can fix: what is wrong, where, and what to do. Any other error that reaches the
 * process edge is a bug in this program.
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

/** Why a host that is reached by ssh gave no answer. */
export const hostErrorCodes = [
  ...([
    'unknown-key',
    'changed-key',
    'refused',
    'sudo',
    'no-name',
    'no-route',
    'no-answer',
    'cut-off',
    'dropped',
  ] as const),
  ...(['no-shell', 'not-understood', 'interrupted', 'no-ssh', 'ssh'] as const),
];
export type HostErrorCode = (typeof hostErrorCodes)[number];
