/** Reads a zip as it comes. */
import { Damaged, damagedBy, type Entry } from './entry.ts';

/** What is pushed at once, so that what it inflates to fits in memory: deflate makes up to 1032 bytes of one. */
const zipPiece = 4096;

/** The entries of a zip, in the order of the file: its directory, at the end, is not needed. */
export async function* unzip({ pieces }: Entry): AsyncGenerator<Entry> {
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
      throw damagedBy(error);
    }
    rest = rest.subarray(zipPiece);
    return true;
  };
  async function* read(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (const part of entry.parts.splice(0)) yield part;
      if (entry.failed) throw damagedBy(entry.failed);
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
