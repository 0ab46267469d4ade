/** The file of `status --since`: the document that is compared with. */
import path from 'node:path';
import { UserError } from '../errors.ts';
import { type Host, ReadError } from '../host/host.ts';
import { printable } from '../text/escape.ts';
import type { Compared } from '../verdict/changes.ts';

/**
 * The channels of the earlier document.
 * @returns null where there is no such file yet
 * @throws {UserError} for a file that holds something else, or cannot be read
 */
export async function readSince(host: Host, file: string): Promise<Compared[] | null> {
  // A directory that is not there is a slip of the pen, and better said before anything is asked for.
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
    `--since ${printable(file)}: holds no document of \`status --json\`; remove it, or name another file`,
  );
}

/** By hand, and only what is compared: the schemas are not part of the program. */
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
