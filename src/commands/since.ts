/** The file of `status --since`: the document that is compared with. */
import path from 'node:path';
import { changes, write } from '../apply/write.ts';
import { type Host, ReadError } from '../host/host.ts';
import { RequestError } from '../remedy/system.ts';
import type { Status } from '../report/status/schema.ts';
import { printable } from '../text/escape.ts';

/**
 * @returns null where there is no such file yet
 * @throws {RequestError} for a file that holds something else
 * @throws {ReadError}
 */
export async function readSince(host: Host, file: string): Promise<Status | null> {
  // A directory that is not there is a slip of the pen, and better said before anything is asked for.
  await host.isDirectory(path.dirname(file));
  let text: string;
  try {
    text = await host.readText(file, 1_000_000);
  } catch (error) {
    if (error instanceof ReadError && error.code === 'ENOENT') return null;
    throw error;
  }
  const { statusSchema } = await import('../report/status/schema.ts');
  const parsed = statusSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data as Status;
  throw new RequestError(
    `--since ${printable(file)}: holds no document of \`status --json\` of this version; remove it, or name another file`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Puts the document in the file's place, atomically.
 * @throws {WriteError}
 */
export async function writeSince(file: string, document: Status): Promise<void> {
  const wanted = [{ path: path.basename(file), content: `${JSON.stringify(document, null, 2)}\n` }];
  await write(await changes(path.dirname(file), wanted, { ours: '{', force: true }));
}
