/** A word for any POSIX shell, whatever it contains but a NUL, which no command line can have. */
export function quoted(word: string): string {
  if (word.includes('\0')) throw new RangeError('a command line cannot hold a NUL');
  return `'${word.replaceAll("'", "'\\''")}'`;
}
