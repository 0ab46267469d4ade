/**
 * The packages in a database of rpm: SQLite (Fedora and others) or ndb (openSUSE). Pure.
 * Sources: the file format of SQLite (sqlite.org/fileformat2.html), rpm's lib/backend/ndb/rpmpkg.c, and the
 * header format in rpm's documentation.
 */

export interface RpmPackage {
  name: string;
  version: string;
  release: string;
  /** ms since the epoch */
  builtAt: number | null;
}

/** @returns null if it is neither, or damaged */
export function rpmPackages(data: Buffer): RpmPackage[] | null {
  try {
    const headers = data.toString('latin1', 0, 16) === 'SQLite format 3\0' ? fromSqlite(data) : fromNdb(data);
    return headers?.map(readHeader) ?? null;
  } catch (error) {
    // Reading outside of the buffer: the file is cut off, or no such database.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const tags = { name: 1000, version: 1001, release: 1002, builtAt: 1006 };

/** Fields of a header: an index of 16 bytes an entry, after two counts, then the values. */
function readHeader(header: Buffer): RpmPackage {
  const count = header.readUInt32BE(0);
  const values = 8 + count * 16;
  const at = new Map<number, number>();
  for (let entry = 8; entry < values; entry += 16) {
    at.set(header.readUInt32BE(entry), values + header.readUInt32BE(entry + 8));
  }
  const text = (tag: number): string => {
    const start = at.get(tag);
    if (start === undefined) return '';
    return header.toString('utf8', start, header.indexOf(0, start));
  };
  const built = at.get(tags.builtAt);
  return {
    name: text(tags.name),
    version: text(tags.version),
    release: text(tags.release),
    builtAt: built === undefined ? null : header.readUInt32BE(built) * 1000,
  };
}

/** Slots of 16 bytes in the first pages say where each header is. */
function fromNdb(data: Buffer): Buffer[] | null {
  if (data.toString('latin1', 0, 4) !== 'RpmP' || data.readUInt32LE(4) !== 0) return null;
  const end = data.readUInt32LE(12) * 4096;
  const headers: Buffer[] = [];
  for (let slot = 32; slot < end; slot += 16) {
    if (data.toString('latin1', slot, slot + 4) !== 'Slot') return null;
    const blob = data.readUInt32LE(slot + 8) * 16;
    if (blob === 0) continue;
    if (data.toString('latin1', blob, blob + 4) !== 'BlbS') return null;
    headers.push(data.subarray(blob + 16, blob + 16 + data.readUInt32LE(blob + 12)));
  }
  return headers;
}

/** The blobs of the table Packages. */
function fromSqlite(data: Buffer): Buffer[] | null {
  const size = data.readUInt16BE(16) === 1 ? 65536 : data.readUInt16BE(16);
  const file = { data, size, usable: size - (data[20] ?? 0) };
  for (const payload of rows(file, 1)) {
    const [type, , table, root] = columns(payload);
    if (String(type) === 'table' && String(table) === 'Packages' && typeof root === 'number') {
      return [...rows(file, root)].flatMap((row) => {
        const blob = columns(row)[1];
        return Buffer.isBuffer(blob) ? [blob] : [];
      });
    }
  }
  return null;
}

interface SqliteFile {
  data: Buffer;
  size: number;
  usable: number;
}

/** The records of a table's tree, from its root page. */
function* rows(file: SqliteFile, page: number, depth = 0): Generator<Buffer> {
  if (depth > 20) throw new RangeError('the pages form a cycle');
  const start = (page - 1) * file.size;
  const head = page === 1 ? start + 100 : start;
  const kind = file.data.readUInt8(head);
  const cells = file.data.readUInt16BE(head + 3);
  const isLeaf = kind === 13;
  if (!isLeaf && kind !== 5) throw new RangeError('not a page of a table');
  for (let cell = 0; cell < cells; cell += 1) {
    const at = start + file.data.readUInt16BE(head + (isLeaf ? 8 : 12) + cell * 2);
    if (isLeaf) yield record(file, at);
    else yield* rows(file, file.data.readUInt32BE(at), depth + 1);
  }
  if (!isLeaf) yield* rows(file, file.data.readUInt32BE(head + 8), depth + 1);
}

/** A cell's payload, with what is on overflow pages. */
function record({ data, size, usable }: SqliteFile, at: number): Buffer {
  const [length, afterLength] = varint(data, at);
  const [, start] = varint(data, afterLength);
  const most = usable - 35;
  if (length <= most) return data.subarray(start, start + length);
  if (length > data.length) throw new RangeError('longer than the file');
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const local = fitting <= most ? fitting : least;
  const pieces = [data.subarray(start, start + local)];
  let page = data.readUInt32BE(start + local);
  for (let left = length - local; left > 0; left -= usable - 4) {
    const from = (page - 1) * size;
    pieces.push(data.subarray(from + 4, from + 4 + Math.min(left, usable - 4)));
    page = data.readUInt32BE(from);
  }
  return Buffer.concat(pieces);
}

/** The values of a record: numbers, texts and blobs as buffers. */
function columns(payload: Buffer): (Buffer | number)[] {
  const [headerLength, first] = varint(payload, 0);
  const values: (Buffer | number)[] = [];
  let at = headerLength;
  for (let next = first; next < headerLength; ) {
    const [type, after] = varint(payload, next);
    next = after;
    const length = type >= 12 ? Math.floor((type - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? 0);
    if (type >= 12) values.push(payload.subarray(at, at + length));
    else if (type >= 1 && type <= 5) values.push(payload.readIntBE(at, length));
    else values.push(type === 9 ? 1 : 0);
    at += length;
  }
  return values;
}

/** A number of up to nine bytes, and where it ends. */
function varint(data: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 9; index += 1) {
    const byte = data.readUInt8(at + index);
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (byte < 0x80 || index === 8) return [value, at + index + 1];
  }
  throw new RangeError('not a number');
}
