/** Columns and paragraphs for a terminal. */
import { oneLine } from './escape.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours that this program itself adds
const colour = /\u001b\[\d+m/g;

/** How wide a text is on a terminal, in characters. */
export const lengthOf = (text: string): number => [...text.replace(colour, '')].length;

/** The rows with their columns aligned, two spaces apart; the first row is the header. */
export function table(rows: string[][], header: (text: string) => string = (text) => text): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))),
  );
  return rows.map((row, index) => {
    const cells = row.map((text, column) => text + ' '.repeat((widths[column] ?? 0) - lengthOf(text)));
    const line = cells.join('  ').trimEnd();
    return index === 0 ? header(line) : line;
  });
}

/** Text cut to the width of a column, with an ellipsis. */
export function cell(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** Text cut to this width in its middle: both ends of a path say more than its middle. */
export function shortened(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const last = Math.floor(kept / 2);
  return [...characters.slice(0, kept - last), '…', ...characters.slice(characters.length - last)].join('');
}

/** A paragraph folded at this width; a word, such as a URL, is never split. */
export function wrapped(paragraph: string, width: number, first: string, rest: string): string[] {
  const text = oneLine(paragraph);
  if (lengthOf(first) + lengthOf(text) <= width) return [first + text];
  const lines: string[] = [];
  let line = first;
  let empty = true;
  // An arrow stays with what it leads to.
  for (const word of text.split(/(?<!^->)\s+/)) {
    if (!empty && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** Seconds in the largest whole unit, as kubectl writes ages: 90 is 1m. */
export function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const;
  const unit = units.find(([, length]) => seconds >= length);
  return unit ? `${Math.floor(seconds / unit[1])}${unit[0]}` : `${seconds}s`;
}
