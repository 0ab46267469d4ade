/** The reporters of a sweep, by the name of their format. */
import { printable } from '../../text/escape.ts';
import { human } from './human.ts';
import { markdown } from './markdown.ts';
import type { Sweep } from './schema.ts';

export type SweepFormat = 'human' | 'json' | 'markdown';

const reporters: Record<SweepFormat, (sweep: Sweep, color: boolean) => string> = {
  human,
  json: (sweep) => `${JSON.stringify(sweep, null, 2)}\n`,
  markdown,
};

/** The document in a format. JSON escapes what a terminal must not get; the others have it replaced. */
export function write(sweep: Sweep, format: SweepFormat, color: boolean): string {
  return reporters[format](format === 'json' ? sweep : printable(sweep), color);
}
