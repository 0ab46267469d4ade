/** `check`: whether a system has the fix, with the evidence. */
import { checkDocument } from '../report/documents/check.ts';
import { commandLine } from './command-line.ts';
import { type Context, present } from './context.ts';
import { gather } from './gather.ts';
import { requested } from './requested.ts';
import type { SystemOptions } from './system-options.ts';

/** @returns the exit code */
export async function check(context: Context, options: SystemOptions): Promise<number> {
  const found = await gather(context, options);
  // Refuses what `generate` would refuse: the command that is suggested has the same options.
  requested(found, options);
  const generate = commandLine(['generate', ...context.argv.slice(1)]);
  return present(context, checkDocument(found, generate), options);
}
