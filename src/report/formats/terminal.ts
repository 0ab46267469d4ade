/** What the parts of a text for a terminal have in common. */
import type { createColors } from 'picocolors';
import { oneLine } from '../../text/escape.ts';
import type { Cell } from '../document.ts';

export interface Page {
  colors: ReturnType<typeof createColors>;
  /** in characters; infinite where it is not a terminal */
  width: number;
}

/** A cell on one line, in the color of its outcome. */
export function paint(cell: Cell, { colors: { green, red, yellow, dim } }: Page): string {
  if (typeof cell === 'string') return oneLine(cell);
  const looks = { good: green, bad: red, failed: red, unknown: yellow, skipped: dim };
  return looks[cell.outcome](oneLine(cell.text));
}
