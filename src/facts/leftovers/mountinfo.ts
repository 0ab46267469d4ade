/** Mount tables, as the kernel writes them: proc_pid_mountinfo(5). */
import type { Host } from '../../host/host.ts';

export interface Mount {
  id: number;
  parentId: number;
  /** what of its file system is mounted, without the kernel's //deleted */
  root: string;
  /** what is mounted has gone from its file system since */
  deleted: boolean;
  mountPoint: string;
  /** false: the mount point is not UTF-8, so that no program can be given its name */
  exact: boolean;
  /** mounts made and removed below it propagate to its peers (mount_namespaces(7)) */
  shared: boolean;
  fsType: string;
}

export interface MountTable {
  mounts: Mount[];
  /** lines that could not be read */
  malformed: number;
}

const deletedSuffix = '//deleted';
/** Longer than any line of the kernel's, whose paths and options have at most some pages. */
const longestLine = 1_000_000;

/**
 * One line, its bytes as characters (latin1).
 * @returns null for a line that is cut off or is none of a mount table
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

/** Takes a mount table piece by piece; a piece may end anywhere. Time is linear, and one line is kept. */
export class MountReader {
  malformed = 0;
  #rest = '';
  #tooLong = false;

  /** @returns the mounts whose lines this piece ends */
  push(piece: Uint8Array): Mount[] {
    const lines = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
      .toString('latin1')
      .split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() ?? '';
    const mounts: Mount[] = [];
    for (const line of lines) {
      // The end of a line of which the beginning has been dropped is no line.
      const mount = this.#tooLong ? null : parseMount(line);
      this.#tooLong = false;
      if (mount) mounts.push(mount);
      else this.malformed += 1;
    }
    if (this.#rest.length > longestLine) {
      this.#rest = '';
      this.#tooLong = true;
    }
    return mounts;
  }

  /** @returns the mount of a last line without a newline */
  end(): Mount[] {
    return this.#rest === '' && !this.#tooLong ? [] : this.push(Buffer.from('\n'));
  }
}

/** A whole mount table. A string stands for its UTF-8 bytes. */
export function parseMountinfo(table: string | Uint8Array): MountTable {
  const reader = new MountReader();
  const mounts = [...reader.push(typeof table === 'string' ? Buffer.from(table) : table), ...reader.end()];
  return { mounts, malformed: reader.malformed };
}

/**
 * Reads a mount table without keeping it.
 * @param each gets every mount
 * @returns how many lines could not be read
 * @throws {ReadError}
 */
export async function eachMount(host: Host, path: string, each: (mount: Mount) => void): Promise<number> {
  const reader = new MountReader();
  for await (const piece of host.readChunks(path)) for (const mount of reader.push(piece)) each(mount);
  for (const mount of reader.end()) each(mount);
  return reader.malformed;
}
