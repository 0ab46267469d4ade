/** The reporters of the state of channels, by the name of their format. */
import { printable } from '../../text/escape.ts';
import type { FormatName } from '../report.ts';
import { human } from './human.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import type { Status } from './schema.ts';

type Reporter = (status: Status, color: boolean) => string;

const json = (status: Status): string => `${JSON.stringify(status, null, 2)}\n`;

const reporters: Record<FormatName, Reporter> = { human, json, markdown, junit };

/** The document in a format. JSON escapes what a terminal must not get; the others have it replaced. */
export function write(status: Status, format: FormatName, color: boolean): string {
  return reporters[format](format === 'json' ? status : printable(status), color);
}
