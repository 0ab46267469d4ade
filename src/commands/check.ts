/** `check`: whether a system has the fix, with the evidence. */
import { checkDocument } from '../report/documents/check.ts';
import { commandLine } from './command-line.ts';
import { type Context, present } from './context.ts';
import { gather } from './gather.ts';
import type { SystemOptions } from './system-options.ts';

/** @returns the exit code */
export async function check(context: Context, options: SystemOptions): Promise<number> {
  const generate = commandLine(['generate', ...context.argv.slice(1)]);
  return present(context, checkDocument(await gather(context, options), generate), options);
}
