/** What every command gets: the machine, the streams, and the options that all commands share. */
import path from 'node:path';
import { type ExitCode, UserError } from '../errors.ts';
import { type Host, ReadError } from '../host/host.ts';
import { verbose } from '../host/verbose.ts';
import type { Block, Document } from '../report/document.ts';
import { type FormatName, formats } from '../report/formats/index.ts';
import { calledAs, inForm } from '../text/called-as.ts';
import { mapped, printable, printableLine } from '../text/escape.ts';

export interface SharedOptions {
  json?: true;
  format?: FormatName;
  quiet?: true;
  verbose?: true;
  color?: 'auto' | 'always' | 'never';
  /** of many nodes: a line for each; where a command can be about many */
  wide?: true;
}

interface Output {
  write(text: string): unknown;
  /** the width of the terminal; null if it is not a terminal */
  columns: number | null;
}

/** What is going on, for a signal that comes again. */
export interface Activity {
  /** the step that runs, in words; null before the first */
  step: string | null;
  /** what would remain if the program ended now, a sentence each */
  remains(): string[];
  /** the result is certain: a signal no longer changes the exit code */
  isDecided: boolean;
  /** whether what cannot be written is kept elsewhere: it says what was changed */
  keepsUnsaid: boolean;
}

export interface Context {
  host: Host;
  version: string;
  signal: AbortSignal;
  /** the command line, for the header of generated files */
  argv: string[];
  stdout: Output;
  stderr: Output;
  activity?: Activity;
  /** the host is one of many, which are reported together: gets the document, which is not printed */
  take?: (document: Document) => void;
}

/** The machine; with --verbose, each command and request is logged. */
export function hostFor({ host, stderr }: Context, options: SharedOptions): Host {
  return options.verbose ? verbose(host, (line) => stderr.write(`+ ${printableLine(line)}\n`)) : host;
}

/** @throws {UserError} if the file of --kubeconfig cannot be read */
export async function checkKubeconfig(
  host: Host,
  { kubeconfig }: { kubeconfig?: string | undefined },
): Promise<void> {
  if (kubeconfig === undefined) return;
  const file = path.resolve(host.cwd, kubeconfig);
  try {
    await host.readHead(file, 1);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    // As it was given: it may be a URL with a password.
    throw new UserError(`--kubeconfig ${printable(kubeconfig)}${error.message.replace(file, '')}`);
  }
}

/** Prints the document in the requested format. @returns its exit code */
export async function present(
  context: Context,
  document: Document,
  options: SharedOptions,
): Promise<ExitCode> {
  if (context.take) {
    context.take(document);
    return document.exitCode;
  }
  const format = options.json ? 'json' : (options.format ?? 'human');
  if (options.quiet && format === 'human') return document.exitCode;
  if (!forPeople.includes(format) && !options.quiet) sayWhatNpmPrints(context);
  const formatted = await formats[format].load();
  const style = { color: wantsColor(context, options), columns: context.stdout.columns };
  const shown = options.wide ? { ...document, blocks: document.blocks.map(wide) } : document;
  context.stdout.write(formatted(inFormOf(context, format, shown), style));
  return document.exitCode;
}

const wide = (block: Block): Block => (block.kind === 'nodes' ? { ...block, isWide: true } : block);

/** The formats that a person reads, and pastes from; the others have commands in the form of the installed program. */
const forPeople: readonly FormatName[] = ['human', 'markdown'];

/** npm has already printed its own lines on standard output, unless it is silent; a project cannot prevent that. */
function sayWhatNpmPrints({ host: { env }, stdout, stderr }: Context): void {
  if (calledAs(env) !== 'npm-start' || env['npm_config_loglevel'] === 'silent' || stdout.columns !== null)
    return;
  stderr.write(
    'npm start prints lines of its own before the report; without them: npm start --silent -- …\n',
  );
}

/** The document with commands as this program was called; files that it shows stay as they are. */
function inFormOf({ host: { env } }: Context, format: FormatName, document: Document): Document {
  const form = forPeople.includes(format) ? calledAs(env) : 'installed';
  if (form === 'installed') return document;
  const changed = <T>(value: T): T => mapped(value, (text) => inForm(text, form));
  const { headline, message, findings, blocks, notes, next } = document;
  return {
    ...document,
    ...changed({ headline, message, findings, notes, next }),
    blocks: blocks.map((block) => (block.kind === 'verbatim' ? block : changed(block))),
  };
}

/** --color, else NO_COLOR (no-color.org) and whether standard output is a terminal that has colours. */
export function wantsColor({ host: { env }, stdout }: Context, { color = 'auto' }: SharedOptions): boolean {
  if (color !== 'auto') return color === 'always';
  return stdout.columns !== null && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
