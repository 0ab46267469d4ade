/** `status`: the state of channels, and what to do about each. */
import { advisory } from '../advisory/index.ts';
import { defaultChannels, isChannelName } from '../facts/given/channel-names.ts';
import { readOffline, readOnline } from '../facts/nixpkgs/channels.ts';
import { RequestError } from '../remedy/system.ts';
import { exitCodes } from '../report/exit.ts';
import type { FormatName } from '../report/report.ts';
import { write } from '../report/status/index.ts';
import type { Status } from '../report/status/schema.ts';
import { printable } from '../text/escape.ts';
import { changesSince } from '../verdict/changes.ts';
import { channelStatus, exitCodeOfAll } from '../verdict/channel.ts';
import { type Context, type SharedOptions, wantsColor } from './context.ts';
import { type NetworkOptions, network } from './network.ts';
import { readSince, writeSince } from './since.ts';

export interface StatusOptions extends NetworkOptions, SharedOptions {
  offline?: true;
  since?: string;
  /** true: the advisory's commit */
  fix?: string | true;
}

/**
 * @returns the exit code: by the worst of the channels; 0 with --since where there is no news
 * @throws {RequestError} for a name that is no channel's, or an option that cannot be read
 */
export async function status(context: Context, names: string[], options: StatusOptions): Promise<number> {
  const wanted = [...new Set(names.length > 0 ? names : defaultChannels(new Date()))];
  for (const name of wanted) if (!isChannelName(name)) throw notChannel(name);
  const fix = commit(options.fix);
  const before = options.since === undefined ? null : await readSince(context.host, options.since);

  const { remote, done } = network(context, options);
  const read = options.offline ? readOffline : readOnline;
  const readings = await Promise.all(wanted.map((name) => read(remote, name, advisory))).finally(done);
  // Interrupted: what was read up to then is not the answer.
  if (context.signal.aborted) return exitCodes.undetermined;

  const document: Status = {
    schemaVersion: 1,
    program: { name: 'subpathfix', version: context.version },
    command: 'status',
    advisory: advisory.id,
    checkedAt: new Date().toISOString(),
    offline: options.offline === true,
    ...(fix === null ? {} : { fix }),
    channels: readings.map((reading) => channelStatus(reading, advisory, fix)),
  };
  if (options.since === undefined) {
    present(context, document, options);
    return exitCodeOfAll(document);
  }
  const changes = changesSince(before ?? { channels: [] }, document);
  if (changes.length === 0) return exitCodes.good;
  await writeSince(options.since, document);
  present(context, before ? { ...document, changes } : document, options);
  return exitCodeOfAll(document);
}

function present(context: Context, document: Status, options: SharedOptions): void {
  const format: FormatName = options.json ? 'json' : (options.format ?? 'human');
  if (options.quiet && format === 'human') return;
  context.stdout(write(document, format, wantsColor(context, options)));
}

function commit(given: string | true | undefined): string | null {
  if (given === undefined) return null;
  if (given === true) return advisory.commits.fixes[0]?.id ?? null;
  if (/^[0-9a-f]{7,40}$/i.test(given)) return given.toLowerCase();
  throw new RequestError(
    `--fix "${printable(given)}": not a commit id of 7 to 40 hexadecimal digits; channels go before --fix, or after --`,
  );
}

function notChannel(name: string): RequestError {
  return new RequestError(
    `"${printable(name)}" is not the name of a channel: letters, digits, ".", "_" and "-" only, such as nixos-unstable`,
  );
}
