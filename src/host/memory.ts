/** Keeps the memory of a long stream low. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const freeBytes = 32 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Frees what is no longer used. V8 does so by itself only when some 64 MB have gathered: of the pieces of a stream,
 * because to its own heap they are small, and of short texts (measured with Node.js 20: 127 MB at the peak of a stream
 * of 10 GB, 91 MB with this).
 */
export function freeMemory(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Pieces that are each in memory of their own, which is freed now and then. */
export async function* freeing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let unfreed = 0;
  for await (const piece of pieces) {
    yield piece;
    unfreed += piece.length;
    if (unfreed < freeBytes) continue;
    freeMemory();
    unfreed = 0;
  }
}
