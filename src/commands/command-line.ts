/** A command line to run again. */
import { shellQuoted, withoutSecrets } from '../text/escape.ts';

/** Options that only affect how a result is shown. */
const display =
  /^(--json|--quiet|-q|--verbose|-v|--dry-run|-n|--wide|--diff|--stdout|--force|--(color|format)=.*)$/;

/** The command with these arguments, without the display options. */
export function commandLine(argv: readonly string[]): string {
  const args = argv.filter((arg, index) => {
    const before = argv[index - 1];
    const isValue = before === '--color' || before === '--format';
    return !(isValue || arg === '--color' || arg === '--format' || display.test(arg));
  });
  return shellQuoted({ file: 'subpathfix', args: withoutSecrets(args) });
}
