/** `status`: the state of channels, and what to do about each. */
import { advisory } from '../advisory/index.ts';
import { exitCodes, UserError } from '../errors.ts';
import { defaultChannels, isChannelName } from '../facts/given/channel-names.ts';
import { readOffline, readOnline } from '../facts/nixpkgs/channels.ts';
import { publishChannel } from '../report/documents/channel.ts';
import { publishHead } from '../report/documents/shapes.ts';
import { type Status, statusDocument } from '../report/documents/status.ts';
import { jsonText, printable } from '../text/escape.ts';
import { changesSince } from '../verdict/changes.ts';
import { judgeChannel } from '../verdict/channel-status.ts';
import { type Context, hostFor, present, type SharedOptions } from './context.ts';
import { type NetworkOptions, network } from './network.ts';
import { readSince } from './since.ts';

export interface StatusOptions extends NetworkOptions, SharedOptions {
  /** the channels to check; empty for the default ones */
  names: string[];
  offline?: true;
  since?: string;
  /** true: the advisory's commit */
  fix?: string | true;
}

/**
 * @returns the exit code of the worst channel, with --since too
 * @throws {UserError} for an invalid channel name or option
 */
export async function status(context: Context, options: StatusOptions): Promise<number> {
  const { names, offline = false, since } = options;
  const host = hostFor(context, options);
  const today = new Date(host.now());
  const wanted = [...new Set(names.length > 0 ? names : defaultChannels(today))];
  for (const name of wanted) if (!isChannelName(name)) throw notChannel(name);
  const fix = commit(options.fix);
  const before = since === undefined ? null : await readSince(host, since);

  const remote = network(context, options);
  const read = offline ? readOffline : readOnline;
  const readings = await Promise.all(wanted.map((name) => read(remote, name)));
  // Interrupted: part of a result is not an answer.
  if (context.signal.aborted) return exitCodes.undetermined;

  const document: Status = {
    ...publishHead('status', context.version),
    advisory: advisory.id,
    checkedAt: today.toISOString(),
    offline,
    fix,
    channels: readings.map((reading) =>
      publishChannel(reading, judgeChannel(reading, advisory, fix), advisory),
    ),
  };
  if (since === undefined) return present(context, statusDocument(document), options);
  const changes = changesSince(before ?? [], document.channels);
  if (changes.length > 0) await host.writeText(since, jsonText(document));
  const shown = statusDocument(document, before ? changes : undefined);
  // For a person no news is silence; a program always gets its document.
  const isSilent = changes.length === 0 && !options.json && (options.format ?? 'human') === 'human';
  return isSilent ? shown.exitCode : present(context, shown, options);
}

/** @throws {UserError} */
function commit(given: string | true | undefined): string | undefined {
  if (given === undefined) return given;
  if (given === true) return advisory.commits.fixes[0]?.id;
  if (/^[0-9a-f]{7,40}$/i.test(given)) return given.toLowerCase();
  throw new UserError(
    `--fix "${printable(given)}": not a commit id of 7 to 40 hexadecimal digits; channels go before --fix, or after --`,
  );
}

function notChannel(name: string): UserError {
  return new UserError(
    `"${printable(name)}" is not a valid channel name: letters, digits, ".", "_" and "-" only, such as nixos-unstable`,
  );
}
