import { printable } from './escape.ts';

/** Words from outside, as they may be shown: one line, no control characters, not long. */
export function clip(text: string): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
