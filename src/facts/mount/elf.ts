/** Which libraries an ELF program needs, and where it looks for them (elf(5), ld.so(8)). */

export interface ElfNeeds {
  /** the dynamic loader; null for a static program */
  interpreter: string | null;
  needed: string[];
  /** directories of DT_RUNPATH, else of DT_RPATH, $ORIGIN not replaced */
  runpath: string[];
}

const segmentTypes = { load: 1, dynamic: 2, interpreter: 3 };
/** More than any program has; a file that somebody made to keep us busy has more. */
const most = { segments: 256, entries: 4096, characters: 4096 };
const tags = { end: 0, needed: 1, strings: 5, rpath: 15, runpath: 29 };

/**
 * @param bytes the beginning of the file
 * @returns null if the bytes are not a 64-bit little-endian ELF file whose dynamic section is in them
 */
export function parseElf(bytes: Buffer): ElfNeeds | null {
  if (bytes.toString('latin1', 0, 6) !== '\u007fELF\u0002\u0001') return null;
  try {
    return parse(bytes);
  } catch (error) {
    // A truncated file points outside of itself.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function parse(bytes: Buffer): ElfNeeds {
  const number = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const text = (at: number): string => {
    const name = bytes.subarray(at, at + most.characters);
    const end = name.indexOf(0);
    if (end < 0) throw new RangeError('outside of the file, or no name');
    return name.toString('utf8', 0, end);
  };
  const count = Math.min(bytes.readUInt16LE(56), most.segments);
  const segments = Array.from({ length: count }, (_, index) => {
    const at = number(32) + index * bytes.readUInt16LE(54);
    const type = bytes.readUInt32LE(at);
    return { type, offset: number(at + 8), address: number(at + 16), size: number(at + 32) };
  });
  const interpreter = segments.find(({ type }) => type === segmentTypes.interpreter);
  const dynamic = segments.find(({ type }) => type === segmentTypes.dynamic);
  const entries: { tag: number; value: number }[] = [];
  for (let at = dynamic?.offset ?? 0; dynamic && at + 16 <= dynamic.offset + dynamic.size; at += 16) {
    if (number(at) === tags.end || entries.length === most.entries) break;
    entries.push({ tag: number(at), value: number(at + 8) });
  }
  // An address of the loaded program; the names are offsets from it.
  const address = entries.find(({ tag }) => tag === tags.strings)?.value ?? 0;
  const holder = segments.find(
    ({ type, address: start, size }) =>
      type === segmentTypes.load && start <= address && address < start + size,
  );
  const strings = holder ? holder.offset + address - holder.address : address;
  const named = (wanted: number): string[] =>
    entries.flatMap(({ tag, value }) => (tag === wanted ? [text(strings + value)] : []));
  const [runpath] = [...named(tags.runpath), ...named(tags.rpath)];
  return {
    interpreter: interpreter ? text(interpreter.offset) : null,
    needed: named(tags.needed),
    runpath: runpath?.split(':').filter(Boolean) ?? [],
  };
}
