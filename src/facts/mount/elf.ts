/** Which libraries an ELF program asks for, and where it looks for them (elf(5), ld.so(8)). */

export interface ElfNeeds {
  /** the dynamic loader; null for a static program */
  interpreter: string | null;
  needed: string[];
  /** directories of DT_RUNPATH, else of DT_RPATH, $ORIGIN not replaced */
  runpath: string[];
}

const dtNeeded = 1n;
const dtStrtab = 5n;
const dtRpath = 15n;
const dtRunpath = 29n;

/**
 * @param bytes the file from its beginning; what lies behind them is not there
 * @returns null where the bytes are not a 64-bit little-endian ELF file whose dynamic section is in them
 */
export function parseElf(bytes: Buffer): ElfNeeds | null {
  try {
    return parse(bytes);
  } catch (error) {
    // A truncated file points outside of itself.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Segment {
  type: number;
  offset: number;
  address: bigint;
  size: number;
}

function parse(bytes: Buffer): ElfNeeds | null {
  const is64LittleEndian = bytes.subarray(0, 6).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
  if (!is64LittleEndian) return null;
  const segments = programHeaders(bytes);
  const interpreter = segments.find(({ type }) => type === 3);
  const dynamic = segments.find(({ type }) => type === 2);
  const result: ElfNeeds = {
    interpreter: interpreter ? text(bytes, interpreter.offset) : null,
    needed: [],
    runpath: [],
  };
  if (!dynamic) return result;
  const entries: [bigint, bigint][] = [];
  for (let at = dynamic.offset; at + 16 <= dynamic.offset + dynamic.size; at += 16) {
    const tag = bytes.readBigInt64LE(at);
    if (tag === 0n) break;
    entries.push([tag, bytes.readBigUInt64LE(at + 8)]);
  }
  const strings = fileOffset(segments, entries.find(([tag]) => tag === dtStrtab)?.[1] ?? 0n);
  const named = (wanted: bigint): string[] =>
    entries.flatMap(([tag, value]) => (tag === wanted ? [text(bytes, strings + Number(value))] : []));
  const [runpath] = [...named(dtRunpath), ...named(dtRpath)];
  return { ...result, needed: named(dtNeeded), runpath: runpath?.split(':').filter(Boolean) ?? [] };
}

function programHeaders(bytes: Buffer): Segment[] {
  const table = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: bytes.readBigUInt64LE(at + 16),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
}

/** Where in the file an address of the loaded program lies. */
function fileOffset(segments: Segment[], address: bigint): number {
  const holds = ({ type, address: start, size }: Segment): boolean =>
    type === 1 && start <= address && address < start + BigInt(size);
  const segment = segments.find(holds);
  return segment ? segment.offset + Number(address - segment.address) : Number(address);
}

/** A string up to its NUL. @throws {RangeError} where it is not in the bytes */
function text(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  if (offset < 0 || end < 0) throw new RangeError('outside of the file');
  return bytes.toString('utf8', offset, end);
}
