/** The facts of a commit of nixpkgs. */

import { channelStanding } from '../advisory/channel.ts';
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { known, unknown } from '../facts/fact.ts';
import { type Facts, type NixpkgsFacts, unreadNixpkgs } from '../facts/facts.ts';
import { parsePasted } from '../facts/given/pasted.ts';
import { printable } from '../text/escape.ts';
import type { Context } from './context.ts';
import type { SystemOptions } from './system-options.ts';

/** @param revision 7 to 40 hexadecimal digits */
export async function readRevisionFacts(
  context: Context,
  options: SystemOptions,
  revision: string,
): Promise<NixpkgsFacts> {
  const [{ network }, { readRevision }] = await Promise.all([
    import('./network.ts'),
    import('../facts/nixpkgs/remote.ts'),
  ]);
  return readRevision(network(context, options), revision);
}

/**
 * --rev: a commit, or what contains one, such as a version of NixOS. Where it cannot be read, its day may decide.
 * @throws {UserError} when it names no commit
 */
export async function fromRevision(
  context: Context,
  options: SystemOptions,
  given: string,
): Promise<Partial<Facts>> {
  const pasted = parsePasted(given);
  if (!pasted || pasted.revision === null) {
    const what = pasted
      ? 'names no commit; use --channel for a channel'
      : 'not a commit id of 7 to 40 hexadecimal digits';
    throw new UserError(`--rev "${printable(given.slice(0, 60))}": ${what}`);
  }
  const { channel, revision } = pasted;
  const facts = await readRevisionFacts(context, options, revision);
  if (!channel) return facts;
  const dated = { ...facts, channel: known(channel, `--rev ${given}`) };
  const { patches } = facts;
  if (patches.known || channelStanding(channel, advisory) === null) return dated;
  return { ...dated, ...unreadNixpkgs(unknown('no-answer', patches.reason.text), facts.revision) };
}
