/** Mount tables, as the kernel writes them: proc_pid_mountinfo(5). */
import type { Host } from '../../host/host.ts';
import { lineReader } from '../../host/lines.ts';

export interface Mount {
  id: number;
  parentId: number;
  /** the part of its file system that is mounted, without the kernel's //deleted */
  root: string;
  /** what is mounted was deleted from its file system */
  deleted: boolean;
  mountPoint: string;
  /** false: the mount point is not UTF-8, so it cannot be passed to a program */
  exact: boolean;
  /** mounts made and removed below it propagate to its peers (mount_namespaces(7)) */
  shared: boolean;
  fsType: string;
}

const deletedSuffix = '//deleted';
/** Longer than any line of the kernel: paths and options take a few pages at most. */
const longestLine = 1_000_000;

/**
 * One line, its bytes as characters (latin1).
 * @returns null for a line that is cut off or not from a mount table
 */
export function parseMount(line: string): Mount | null {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  // After the separator: type, source (which may be empty) and options of the file system.
  if (separator < 0 || fields.length < separator + 4) return null;
  const [id = '', parentId = '', device = '', root = '', mountPoint = ''] = fields;
  const fsType = fields[separator + 1] ?? '';
  if (!/^\d+$/.test(id) || !/^\d+$/.test(parentId) || !/^\d+:\d+$/.test(device)) return null;
  if (root === '' || !mountPoint.startsWith('/') || fsType === '') return null;
  const from = decode(root).text;
  const deleted = from.endsWith(deletedSuffix);
  const at = decode(mountPoint);
  return {
    id: Number(id),
    parentId: Number(parentId),
    root: deleted ? from.slice(0, -deletedSuffix.length) : from,
    deleted,
    mountPoint: at.text,
    exact: at.exact,
    shared: fields.slice(6, separator).some((field) => /^shared:\d+$/.test(field)),
    fsType: decode(fsType).text,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A field with its octal escapes (\040 for a space) undone; bytes that are not UTF-8 become U+FFFD. */
function decode(field: string): { text: string; exact: boolean } {
  const bytes = field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  if (/^[\0-\x7f]*$/.test(bytes)) return { text: bytes, exact: true };
  const buffer = Buffer.from(bytes, 'latin1');
  try {
    return { text: utf8.decode(buffer), exact: true };
  } catch {
    return { text: buffer.toString('utf8'), exact: false };
  }
}

/**
 * Reads a mount table without keeping it.
 * @param each gets every mount
 * @returns how many lines could not be read
 * @throws {ReadError}
 */
export async function eachMount(host: Host, path: string, each: (mount: Mount) => void): Promise<number> {
  let malformed = 0;
  const take = (line: string): void => {
    const mount = line.length < longestLine ? parseMount(line) : null;
    if (mount) each(mount);
    else malformed += 1;
  };
  const reader = lineReader(take, longestLine, 'latin1');
  for await (const piece of host.readChunks(path)) reader.push(piece);
  reader.end();
  return malformed;
}
