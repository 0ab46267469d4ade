/**
 * Finds the lines of a log that can matter, by literals alone: everything else is never decoded. Keeps a window of the
 * log, whatever its length; what is found does not depend on how the log is cut into pieces.
 */

/** A line that contains a literal, and what stands around it; bytes that are not UTF-8 become U+FFFD. */
export interface Passage {
  /** the line; of a long one what is near the literal */
  line: string;
  /** the lines after it, a few at most */
  following(): string[];
  /** the text before the line: its last bytes, 16 kB at most */
  preceding(bytes?: number): string;
}

export interface Scanner {
  /** @param piece may end anywhere; it is copied */
  push(piece: Uint8Array): void;
  /** Passes on what waits for more of the log. */
  end(): void;
}

export interface ScanOptions {
  literals: readonly string[];
  /** literals that are looked for only near the beginning */
  early: readonly string[];
  /** passes on a line as soon as it is complete, not waiting for those after it */
  live: boolean;
  /** @returns how many of the lines after it belong to it */
  onPassage(passage: Passage): number;
}

/** How far before the line there is context: the head of an object in YAML or of `kubectl describe`. */
const contextBytes = 16_384;
/** How much of a long line counts, to each side of a literal. */
const reachBytes = 4096;
/** What must be there before a line is passed on, unless the log ends. */
const aheadBytes = 2 * reachBytes;
const mostFollowing = 3;
/** Where the early literals end, in bytes: logs that are pasted or attached are shorter. */
export const earlyBytes = 16 * 1024 * 1024;

const newline = 10;

export function scanner({ literals, early, live, onPassage }: ScanOptions): Scanner {
  const always = literals.map((literal) => Buffer.from(literal));
  const all = [...always, ...early.map((literal) => Buffer.from(literal))];
  const longest = Math.max(...all.map(({ length }) => length));
  let window = Buffer.alloc(1 << 20);
  let length = 0;
  /** of the window's beginning in the log */
  let offset = 0;
  /** up to where the log has been searched, in the window */
  let searched = 0;

  /** @returns whether the literal at this position can be passed on, and where to go on then */
  const take = (at: number, atEnd: boolean): number | null => {
    const newlineAt = window.subarray(0, length).indexOf(newline, at);
    const isComplete = live && newlineAt >= 0;
    if (!atEnd && !isComplete && length - at < aheadBytes) return null;
    const lineEnd = newlineAt < 0 ? length : newlineAt;
    const floor = Math.max(0, at - contextBytes);
    const lineStart = Math.max(window.lastIndexOf(newline, at) + 1, floor);
    const [start, end] = [Math.max(lineStart, at - reachBytes), Math.min(lineEnd, at + reachBytes)];
    const ends = followingEnds(lineEnd, at + aheadBytes);
    const taken = onPassage({
      line: window.toString('utf8', start, end),
      following: () =>
        ends.map((each, index) =>
          window.toString('utf8', (index === 0 ? lineEnd : (ends[index - 1] ?? 0)) + 1, each),
        ),
      preceding: (bytes = contextBytes) => window.toString('utf8', Math.max(floor, start - bytes), start),
    });
    if (end < lineEnd) return at + reachBytes - reachBytes / 4;
    return Math.max(at + 1, ends[taken - 1] ?? lineEnd);
  };

  const followingEnds = (lineEnd: number, limit: number): number[] => {
    const ends: number[] = [];
    const last = Math.min(length, limit);
    for (let from = lineEnd + 1; from < last && ends.length < mostFollowing; ) {
      const found = window.indexOf(newline, from);
      const end = found < 0 || found > last ? last : found;
      ends.push(end);
      from = end + 1;
    }
    return ends;
  };

  const search = (atEnd: boolean): void => {
    const filled = window.subarray(0, length);
    const wanted = offset + searched < earlyBytes ? all : always;
    const next = wanted.map((literal) => filled.indexOf(literal, searched));
    for (;;) {
      let first = -1;
      for (const at of next) if (at >= 0 && (first < 0 || at < first)) first = at;
      if (first < 0) break;
      const goOn = take(first, atEnd);
      if (goOn === null) {
        searched = first;
        return;
      }
      searched = goOn;
      for (const [index, literal] of wanted.entries()) {
        const at = next[index] ?? -1;
        if (at >= 0 && at < goOn) next[index] = filled.indexOf(literal, goOn);
      }
    }
    searched = Math.max(searched, length - longest + 1, 0);
  };

  const makeRoom = (bytes: number): void => {
    const unneeded = Math.max(0, Math.min(searched, length) - contextBytes);
    if (length + bytes > window.length && unneeded > 0) {
      window.copyWithin(0, unneeded, length);
      [length, offset, searched] = [length - unneeded, offset + unneeded, searched - unneeded];
    }
    if (length + bytes <= window.length) return;
    const larger = Buffer.alloc(2 * (length + bytes));
    window.copy(larger, 0, 0, length);
    window = larger;
  };

  return {
    push(piece) {
      makeRoom(piece.length);
      window.set(piece, length);
      length += piece.length;
      search(false);
    },
    end() {
      search(true);
    },
  };
}
