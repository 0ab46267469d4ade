/** The file of `status --since`: the earlier document to compare with. */
import path from 'node:path';
import { UserError } from '../errors.ts';
import { type Host, ReadError } from '../host/host.ts';
import { printable } from '../text/escape.ts';
import type { Compared } from '../verdict/changes.ts';

/**
 * The channels of the earlier document.
 * @returns null if there is no such file yet
 * @throws {UserError} for a file that holds something else, or cannot be read
 */
export async function readSince(host: Host, file: string): Promise<Compared[] | null> {
  // A missing directory is probably a typo: fail before any request.
  await host.isDirectory(path.dirname(file));
  let text: string;
  try {
    text = await host.readText(file, 1_000_000);
  } catch (error) {
    if (error instanceof ReadError && error.code === 'ENOENT') return null;
    throw error;
  }
  const channels = channelsIn(text);
  if (channels) return channels;
  throw new UserError(
    `--since ${printable(file)}: is not a report of \`status --json\`; remove it, or name another file`,
  );
}

/** Checked by hand, and only what is compared: the schemas are not in the bundle. */
function channelsIn(text: string): Compared[] | null {
  try {
    const { command, channels } = (JSON.parse(text) ?? {}) as { command?: unknown; channels?: unknown };
    return command === 'status' && Array.isArray(channels) && channels.every(isCompared) ? channels : null;
  } catch {
    return null;
  }
}

function isCompared(value: unknown): value is Compared {
  const { name, state, summary, utilLinux } = (value ?? {}) as Record<string, unknown>;
  const isText = (field: unknown): boolean => typeof field === 'string';
  return isText(name) && isText(state) && isText(summary) && (utilLinux === null || isText(utilLinux));
}
