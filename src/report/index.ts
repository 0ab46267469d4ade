/** The reporters, by the name of their format. */

import { printable } from '../text/escape.ts';
import { human } from './human.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import type { FormatName, Report } from './report.ts';

type Reporter = (report: Report, color: boolean) => string;

const reporters: Record<FormatName, Reporter> = { human, json, markdown, junit };

/** The report in a format. JSON escapes what a terminal must not get; the others have it replaced. */
export function write(report: Report, format: FormatName, color: boolean): string {
  return reporters[format](format === 'json' ? report : printable(report), color);
}
