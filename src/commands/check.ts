/** `check`: whether a system has the fix, with the evidence. */

import { statesOf } from '../facts/leftovers/state.ts';
import type { Host } from '../host/host.ts';
import { checkDocument } from '../report/documents/check.ts';
import { certainlyHeld } from '../verdict/leftovers.ts';
import { commandLine } from './command-line.ts';
import { type Context, hostFor, present } from './context.ts';
import { type Gathered, gather } from './gather.ts';
import { requested } from './requested.ts';
import type { SystemOptions } from './system-options.ts';

/** @returns the exit code */
export async function check(context: Context, options: SystemOptions): Promise<number> {
  const found = await gather(context, options);
  // Refuses what `generate` would refuse: the command that is suggested has the same options.
  requested(found, options);
  const generate = commandLine(['generate', ...context.argv.slice(1)]);
  const held = await heldPods(hostFor(context, options), found);
  return present(context, checkDocument(found, generate, held), options);
}

/** The pods that leftovers hold although a tested mount is good: what a person of a fixed node has to know first. */
async function heldPods(host: Host, { verdict, node }: Gathered): Promise<string[]> {
  if (verdict.state !== 'fixed' || verdict.decidedBy !== 'probe' || !node?.leftovers.known) return [];
  return certainlyHeld(await statesOf(host, node.leftovers.value.directories));
}
