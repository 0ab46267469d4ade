/** Splits text that comes in pieces into lines. */
import { StringDecoder } from 'node:string_decoder';

export interface LineReader {
  /** @param piece may end anywhere */
  push(piece: Uint8Array): void;
  /** Passes on a last line without a newline. */
  end(): void;
}

/**
 * Takes linear time, and keeps one line.
 * @param longest characters of a line that are kept until its end comes; the rest of it is dropped
 */
export function lineReader(
  onLine: (line: string) => void,
  longest: number,
  encoding: 'utf8' | 'latin1' = 'utf8',
): LineReader {
  const text = new StringDecoder(encoding);
  // Not one text that grows: each look for its end would copy all of it.
  let parts: string[] = [];
  let kept = 0;
  const add = (part: string): void => {
    const piece = part.slice(0, longest - kept);
    kept += piece.length;
    if (piece !== '') parts.push(piece);
  };
  const take = (): string => {
    const line = parts.join('');
    parts = [];
    kept = 0;
    return line;
  };
  return {
    push(piece) {
      const [first = '', ...others] = text.write(piece).split('\n');
      add(first);
      for (const other of others) {
        onLine(take());
        add(other);
      }
    },
    end() {
      if (kept > 0) onLine(take());
    },
  };
}
