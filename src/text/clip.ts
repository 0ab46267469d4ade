import { printable } from './escape.ts';

/** Text from outside, made safe to show: one line, no control characters, cut off where it is long. */
export function clip(text: string): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
