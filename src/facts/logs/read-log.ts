/** Reads a log from wherever it is, unpacked where it is packed, and passes on what it says. */
import { UserError } from '../../errors.ts';
import type { Host } from '../../host/host.ts';
import { freeMemory } from '../../host/memory.ts';
import { Damaged, type Entry } from './entry.ts';
import { scanner } from './scan.ts';
import { earlyLiterals, literals, type ReadOptions, type Sighting, sightingsIn } from './sightings.ts';
import { packingOf, peek } from './unpack.ts';

/** What was read of a log. */
export interface ReadLog {
  /** of an archive: the file and the entry */
  name: string;
  /** as they are searched: unpacked */
  bytes: number;
  /** why it could not be read to its end; null if it was */
  damage: string | null;
}

export interface ReadLogOptions extends ReadOptions {
  /** it goes on: what is complete is passed on at once */
  live: boolean;
  signal: AbortSignal;
  onSighting(sighting: Sighting): void;
  onRead(log: ReadLog): void;
}

/** After how many characters of lines the memory of what was made of them is freed. */
const freeCharacters = 8 * 1024 * 1024;
/** Archives in archives; more is no support bundle. */
const deepest = 4;
const mostEntries = 100_000;
/** Of a packed file, unpacked: more is made to fill machines. */
const mostBytes = 1e12;

/** @throws {UserError} for what cannot be opened; damage further in is told by onRead */
export async function readLog(
  entry: Entry,
  host: Pick<Host, 'stream'>,
  options: ReadLogOptions,
): Promise<void> {
  let entries = 0;
  const unpack = async (given: Entry, depth: number): Promise<void> => {
    const { name, pieces } = given;
    if (options.live) return searchAll({ name, pieces });
    const { head, all, close } = await peek(pieces);
    const packing = packingOf(head);
    if (!packing) return searchAll({ name, pieces: all });
    if (depth >= deepest) {
      return options.onRead({ name, bytes: 0, damage: `it is packed more than ${deepest} times` });
    }
    try {
      for await (const inner of packing.unpack({ ...given, pieces: all }, host)) {
        entries += 1;
        if (entries > mostEntries) throw new Damaged(`it has more than ${mostEntries} entries`);
        await unpack(inner.name === name ? inner : { ...inner, name: `${name}: ${inner.name}` }, depth + 1);
      }
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      options.onRead({ name, bytes: 0, damage: `${packing.name}: ${error.message}` });
    } finally {
      await close();
    }
  };
  const searchAll = async ({ name, pieces }: Entry): Promise<void> => {
    const log: ReadLog = { name, bytes: 0, damage: null };
    try {
      await search(pieces, options, (bytes) => {
        log.bytes += bytes;
        if (log.bytes > mostBytes) throw new Damaged(`it is larger than ${mostBytes} bytes`);
      });
    } catch (error) {
      // What was found before stays; what was asked for but never read at all is a mistake.
      if (!(error instanceof Damaged) && (log.bytes === 0 || !(error instanceof UserError))) throw error;
      log.damage = error.message;
    }
    options.onRead(log);
  };
  await unpack(entry, 0);
}

async function search(
  pieces: Entry['pieces'],
  { live, signal, onSighting, ...options }: ReadLogOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let unfreed = 0;
  const lines = scanner({
    literals,
    early: earlyLiterals,
    live,
    onPassage(passage) {
      const { found, taken } = sightingsIn(passage, options);
      for (const sighting of found) onSighting(sighting);
      unfreed += passage.line.length;
      if (unfreed > freeCharacters) {
        freeMemory();
        unfreed = 0;
      }
      return taken;
    },
  });
  try {
    for await (const piece of pieces) {
      onBytes(piece.length);
      lines.push(piece);
      if (signal.aborted) return;
    }
  } finally {
    lines.end();
  }
}
