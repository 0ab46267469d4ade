/** Command lines of programs that are written in Go. Pure. */

/** The value of an option in a command line, as --name VALUE or --name=VALUE; the last one counts. */
export function optionIn(argv: readonly string[], name: string): string | null {
  let value: string | null = null;
  for (const [index, arg] of optionsOf(argv).entries()) {
    if (arg === name) value = argv[index + 1] ?? null;
    else if (arg.startsWith(`${name}=`)) value = arg.slice(name.length + 1);
  }
  return value;
}

/** What strconv.ParseBool takes for true; pflag and urfave/cli use it. */
const truths = ['1', 't', 'T', 'TRUE', 'true', 'True'];

/** Whether a command line sets a flag: --name, or --name=VALUE with a true value; the last one counts. */
export function hasFlag(argv: readonly string[], name: string): boolean {
  const last = optionsOf(argv)
    .filter((arg) => arg === name || arg.startsWith(`${name}=`))
    .at(-1);
  return last !== undefined && (last === name || truths.includes(last.slice(name.length + 1)));
}

/** Everything before --, which ends the options. */
function optionsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

/**
 * The command in a command line: the first argument that is no option.
 * @param valued options before it that take the next argument as their value
 */
export function commandIn(argv: readonly string[], valued: readonly string[] = []): string | null {
  for (let index = 1; index < argv.length; index += 1) {
    const arg = argv[index] ?? '';
    if (valued.includes(arg)) index += 1;
    else if (!arg.startsWith('-')) return arg;
  }
  return null;
}

/** The last component of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The name of the program in a command line. */
export const programOf = ([program = '']: readonly string[]): string => baseName(program);
