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
  let rest = '';
  return {
    push(piece) {
      const lines = (rest + text.write(piece)).split('\n');
      rest = (lines.pop() ?? '').slice(0, longest);
      for (const line of lines) onLine(line);
    },
    end() {
      if (rest !== '') onLine(rest);
    },
  };
}
