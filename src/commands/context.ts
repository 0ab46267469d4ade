/** What every command gets: the machine, the streams, and the options that all commands share. */
import { type Host, localHost } from '../host/host.ts';
import type { FormatName, Report } from '../report/report.ts';

export interface SharedOptions {
  json?: true;
  format?: FormatName;
  quiet?: true;
  verbose?: true;
  color?: 'auto' | 'always' | 'never';
}

export interface Context {
  host: Host;
  version: string;
  signal: AbortSignal;
  /** the command line, for what generated files say of themselves */
  argv: string[];
  stdout: (text: string) => void;
  stderr: (text: string) => void;
}

/** The machine, with every command that is run logged when --verbose is given. */
export function verboseHost(context: Context, { verbose }: SharedOptions): Host {
  return verbose ? localHost((line) => context.stderr(`+ ${line}\n`)) : context.host;
}

/** Writes the report, in the format that was asked for. */
export async function present(context: Context, report: Report, options: SharedOptions): Promise<void> {
  const format = options.json ? 'json' : (options.format ?? 'human');
  if (options.quiet && format === 'human') return;
  const { write } = await import('../report/index.ts');
  context.stdout(write(report, format, wantsColor(context, options)));
}

/** --color, else NO_COLOR (no-color.org) and whether standard output is a terminal that has colours. */
export function wantsColor({ host: { env } }: Context, { color = 'auto' }: SharedOptions): boolean {
  if (color !== 'auto') return color === 'always';
  return process.stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
