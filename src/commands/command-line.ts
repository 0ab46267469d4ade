/** A command line as it may be run again. */
import { shellQuoted } from '../text/escape.ts';

/** What only says how to show a result, and not what it is about. */
const shown = /^(--json|--quiet|-q|--verbose|-v|--dry-run|-n|--diff|--stdout|--force|--(color|format)=.*)$/;

/** The command with these arguments, without those that only say how to show its result. */
export function commandLine(argv: readonly string[]): string {
  const args = argv.filter((arg, index) => {
    const before = argv[index - 1];
    const isValue = before === '--color' || before === '--format';
    return !(isValue || arg === '--color' || arg === '--format' || shown.test(arg));
  });
  return shellQuoted({ file: 'subpathfix', args });
}
