/** Headers of packages in rpm's ndb format, as lib/backend/ndb/rpmpkg.c writes it. */

const align = (length: number): number => Math.ceil(length / 16) * 16;

/** @param headers null for a slot that is free */
export function ndb(headers: (Buffer | null)[]): Buffer {
  const first = Buffer.alloc(4096);
  first.write('RpmP', 0, 'latin1');
  first.writeUInt32LE(7, 8);
  first.writeUInt32LE(1, 12);
  for (let slot = 32; slot < 4096; slot += 16) first.write('Slot', slot, 'latin1');
  const blobs: Buffer[] = [];
  let at = 4096;
  for (const [index, header] of headers.entries()) {
    if (!header) continue;
    const blob = Buffer.alloc(align(16 + header.length + 12));
    blob.write('BlbS', 0, 'latin1');
    blob.writeUInt32LE(index + 1, 4);
    blob.writeUInt32LE(header.length, 12);
    header.copy(blob, 16);
    blob.write('BlbE', blob.length - 4, 'latin1');
    const slot = 32 + index * 16;
    first.writeUInt32LE(index + 1, slot + 4);
    first.writeUInt32LE(at / 16, slot + 8);
    first.writeUInt32LE(blob.length / 16, slot + 12);
    blobs.push(blob);
    at += blob.length;
  }
  return Buffer.concat([first, ...blobs]);
}

/** A header with these string tags, as rpm stores it. */
export function rpmHeader(strings: Record<number, string>): Buffer {
  const entries = Object.entries(strings);
  const index = Buffer.alloc(8 + entries.length * 16);
  const values = Buffer.from(entries.map(([, text]) => `${text}\0`).join(''));
  index.writeUInt32BE(entries.length, 0);
  index.writeUInt32BE(values.length, 4);
  let offset = 0;
  for (const [position, [tag, text]] of entries.entries()) {
    const at = 8 + position * 16;
    index.writeUInt32BE(Number(tag), at);
    index.writeUInt32BE(6, at + 4);
    index.writeUInt32BE(offset, at + 8);
    index.writeUInt32BE(1, at + 12);
    offset += Buffer.byteLength(text) + 1;
  }
  return Buffer.concat([index, values]);
}
