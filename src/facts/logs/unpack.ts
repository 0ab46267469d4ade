/** Compressed logs and support bundles, in memory and piece by piece: nothing is unpacked to a disk. */
import { Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import { UserError } from '../../errors.ts';
import type { Host } from '../../host/host.ts';

export type Pieces = AsyncIterable<Uint8Array>;

/** A log, or what is to be unpacked further. */
export interface Entry {
  /** of an archive: shown, never used as a path */
  name: string;
  pieces: Pieces;
  /** where it is, if it is a file of the machine: a program reads it faster itself */
  file?: string;
}

/** What is cut off or damaged; what stands before it was read. */
export class Damaged extends UserError {}

interface Packing {
  name: string;
  /** whether the first bytes are of this kind */
  begins(head: Buffer): boolean;
  /** the entries, each to be read to its end before the next one */
  unpack(entry: Entry, host: Pick<Host, 'stream'>): AsyncIterable<Entry>;
}

const starts = (head: Buffer, ...bytes: number[]): boolean =>
  bytes.every((byte, index) => head[index] === byte);

/** The first bytes that tell all of them: a tar has its mark in its first block. */
const headBytes = 512;

const packings: readonly Packing[] = [
  {
    name: 'gzip',
    begins: (head) => starts(head, 0x1f, 0x8b),
    async *unpack({ name, pieces }) {
      yield { name, pieces: through(pieces, zlib.createGunzip({ chunkSize: 1 << 18 })) };
    },
  },
  {
    name: 'zstd',
    begins: (head) => starts(head, 0x28, 0xb5, 0x2f, 0xfd),
    async *unpack(entry, host) {
      yield { name: entry.name, pieces: zstd(entry, host) };
    },
  },
  { name: 'zip', begins: (head) => starts(head, 0x50, 0x4b, 0x03, 0x04), unpack: unzip },
  { name: 'tar', begins: (head) => head.toString('latin1', 257, 262) === 'ustar', unpack: untar },
];

export const packingOf = (head: Buffer): Packing | null =>
  packings.find(({ begins }) => begins(head)) ?? null;

/** The first bytes, and everything with them. */
export async function peek(pieces: Pieces): Promise<{ head: Buffer; all: Pieces }> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let length = 0;
  let done = false;
  while (length < headBytes && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else {
      first.push(Buffer.from(next.value));
      length += next.value.length;
    }
  }
  const head = Buffer.concat(first);
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield head;
      while (!done) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

/** A piece is valid only until the next one is requested, and streams request early. */
async function* copies(pieces: Pieces): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

async function* through(pieces: Pieces, transform: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(copies(pieces), { highWaterMark: 1 });
  source.once('error', (error) => transform.destroy(error));
  try {
    for await (const piece of source.pipe(transform)) yield piece as Uint8Array;
  } catch (error) {
    throw known(error);
  } finally {
    source.destroy();
    transform.destroy();
  }
}

const known = (error: unknown): Error =>
  error instanceof UserError ? error : new Damaged(error instanceof Error ? error.message : String(error));

/** Node has it from 22.15 on; before that, the program: a decoder in JavaScript takes eight times as long (measured). */
function zstd({ pieces, file }: Entry, host: Pick<Host, 'stream'>): Pieces {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };
  if (createZstdDecompress) return through(pieces, createZstdDecompress());
  const program = { file: 'zstd', args: ['-dcq'], mutates: false };
  return programOutput(
    file === undefined
      ? host.stream(program, { input: pieces })
      : host.stream({ ...program, args: [...program.args, '--', file] }, {}),
  );
}

async function* programOutput(pieces: Pieces): Pieces & AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Damaged(
      message.includes('not in PATH') ? `${message}; install zstd, or use Node.js 22.15 or newer` : message,
    );
  }
}

async function* untar({ pieces }: Entry): AsyncGenerator<Entry> {
  const { createTarDecoder } = await import('modern-tar');
  const bytes = ReadableStream.from(copies(pieces)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    for await (const { header, body } of bytes.pipeThrough(createTarDecoder({ strict: true }))) {
      if (header.type === 'file' || header.type === undefined)
        yield { name: header.name, pieces: damagedAs(body) };
      if (!body.locked) await body.cancel();
    }
  } catch (error) {
    throw known(error);
  }
}

async function* damagedAs(pieces: Pieces): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw known(error);
  }
}

/** What is pushed at once, so that what it inflates to fits in memory: deflate makes up to 1032 bytes of one. */
const zipPiece = 4096;

async function* unzip({ pieces }: Entry): AsyncGenerator<Entry> {
  const { Unzip, UnzipInflate, UnzipPassThrough } = await import('fflate');
  const source = pieces[Symbol.asyncIterator]();
  const begun: ZipEntry[] = [];
  const reader = new Unzip((file) => {
    const entry: ZipEntry = { name: file.name, parts: [], ended: false, failed: null };
    begun.push(entry);
    file.ondata = (error, data, final) => {
      if (error) entry.failed = error;
      else if (data.length > 0) entry.parts.push(data);
      entry.ended ||= final || error !== null;
    };
    file.start();
  });
  reader.register(UnzipInflate);
  reader.register(UnzipPassThrough);
  let rest = Buffer.alloc(0);
  let atEnd = false;
  /** @returns whether there was something to read */
  const more = async (): Promise<boolean> => {
    if (rest.length === 0 && !atEnd) {
      const next = await source.next();
      if (next.done) atEnd = true;
      else rest = Buffer.from(next.value);
    }
    if (atEnd) return false;
    try {
      reader.push(rest.subarray(0, zipPiece));
    } catch (error) {
      throw known(error);
    }
    rest = rest.subarray(zipPiece);
    return true;
  };
  async function* read(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (const part of entry.parts.splice(0)) yield part;
      if (entry.failed) throw known(entry.failed);
      if (entry.ended) return;
      if (!(await more())) throw new Damaged('the archive is cut off');
    }
  }
  for (let count = 0; ; ) {
    const entry = begun.shift();
    if (entry) {
      count += 1;
      yield { name: entry.name, pieces: read(entry) };
    } else if (!(await more())) {
      if (count === 0) throw new Damaged('no entry could be read');
      return;
    }
  }
}

interface ZipEntry {
  name: string;
  parts: Uint8Array[];
  ended: boolean;
  failed: Error | null;
}
