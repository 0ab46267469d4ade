/** Exit codes, as scripts rely on them. */
export const exitCodes = {
  good: 0,
  affected: 1,
  usage: 2,
  undetermined: 3,
  failed: 4,
} as const;
