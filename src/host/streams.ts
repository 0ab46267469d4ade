/** Standard output and standard error: closed, full, or a terminal that goes away, they do not end the work. */

/** What is kept of what could not be written; a report is far shorter. */
const most = 1_000_000;

export interface LastingStream {
  write(text: string): void;
  /** the width of the terminal; null if it is not a terminal */
  readonly columns: number | null;
  /** what could not be written */
  unsaid(): string;
}

export function lastingStream(stream: NodeJS.WriteStream): LastingStream {
  let unsaid = '';
  let isGone = false;
  const keep = (text: string): void => {
    isGone = true;
    if (unsaid.length < most) unsaid += text;
  };
  stream.on('error', () => keep(''));
  return {
    write(text) {
      if (isGone) keep(text);
      else stream.write(text, (error) => error && keep(text));
    },
    get columns() {
      return stream.isTTY ? stream.columns || 80 : null;
    },
    unsaid: () => unsaid,
  };
}
