/** Compressed logs and support bundles, in memory and piece by piece: nothing is unpacked to a disk. */
import { Readable, type Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { Host } from '../../host/host.ts';
import { freeing } from '../../host/memory.ts';
import { Damaged, damagedBy, type Entry, type Pieces } from './entry.ts';
import { unzip } from './unzip.ts';

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

interface Peeked {
  head: Buffer;
  /** everything, with these bytes */
  all: Pieces;
  /** when it is not read to its end */
  close(): Promise<unknown>;
}

/** Looks at the first bytes. */
export async function peek(pieces: Pieces): Promise<Peeked> {
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
  return { head, all: all(), close: async () => iterator.return?.() };
}

/** A piece is valid only until the next one is requested, and streams request early. */
async function* copies(pieces: Pieces): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

async function* through(pieces: Pieces, transform: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(copies(pieces), { highWaterMark: 1 });
  source.once('error', (error) => transform.destroy(error));
  try {
    yield* freeing(source.pipe(transform));
  } catch (error) {
    throw damagedBy(error);
  } finally {
    source.destroy();
    transform.destroy();
  }
}

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
    throw damagedBy(error);
  }
}

async function* damagedAs(pieces: Pieces): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw damagedBy(error);
  }
}
