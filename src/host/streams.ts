/** Standard output and standard error: closed, full, or a terminal that goes away, they do not end the work. */
import { closeSync, fstatSync, openSync } from 'node:fs';

/** What is kept of what could not be written; a report is far shorter. */
const most = 1_000_000;

export interface LastingStream {
  write(text: string): void;
  /** the width of the terminal; null if it is not a terminal */
  readonly columns: number | null;
  /** what could not be written */
  unsaid(): string;
  readonly isGone: boolean;
}

/** @param shown what is written in place of a text */
export function lastingStream(
  stream: NodeJS.WriteStream,
  shown = (text: string): string => text,
): LastingStream {
  let unsaid = '';
  let isGone = false;
  const keep = (text: string): void => {
    isGone = true;
    if (unsaid.length < most) unsaid += text;
  };
  stream.on('error', () => keep(''));
  return {
    write(unchanged) {
      const text = shown(unchanged);
      if (isGone) keep(text);
      else stream.write(text, (error) => error && keep(text));
    },
    get columns() {
      return stream.isTTY ? stream.columns || 80 : null;
    },
    unsaid: () => unsaid,
    get isGone() {
      return isGone;
    },
  };
}

/**
 * Puts /dev/null in the place of a terminal that is gone. When node ends it restores the modes of its terminals, and
 * aborts if that fails (ResetStdio in node.cc). To be called last: nothing can be written after it.
 */
export function releaseTerminal(): void {
  for (const descriptor of [0, 1, 2]) {
    try {
      if (!fstatSync(descriptor).isCharacterDevice()) continue;
      closeSync(descriptor);
      // It gets the lowest number that is free.
      openSync('/dev/null', 'r+');
    } catch {
      // It was closed already.
    }
  }
}
