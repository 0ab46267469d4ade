/**
 * As test results: one suite per command, one case per finding and per node. What cannot be determined is an error,
 * not a pass.
 */
import { printable, xmlText } from '../../text/escape.ts';
import type { Document, Outcome } from '../document.ts';
import { type Judged, judgedOf } from './judged.ts';

const elements: Record<Outcome, 'system-out' | 'failure' | 'error' | 'skipped'> = {
  good: 'system-out',
  bad: 'failure',
  failed: 'failure',
  unknown: 'error',
  skipped: 'skipped',
};

export function junit(document: Document): string {
  const { command } = document;
  const cases = judgedOf(document);
  const count = (element: string): number =>
    cases.filter(({ outcome }) => elements[outcome] === element).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="subpathfix ${command}" ${counts}>
${cases.map((each) => `    ${testcase(command, each)}\n`).join('')}  </testsuite>
</testsuites>
`;
}

function testcase(command: string, { id, kind, outcome, message, details, seconds }: Judged): string {
  const text = (value: string): string => xmlText(printable(value));
  const time = seconds === undefined ? '' : ` time="${seconds}"`;
  const element = elements[outcome];
  const body =
    element === 'system-out'
      ? `<system-out>${text(message)}</system-out>`
      : `<${element} message="${text(message)}">${text(details.join('\n'))}</${element}>`;
  const place = kind === 'node' ? `${command}.node` : command;
  return `<testcase classname="subpathfix.${place}" name="${text(id)}"${time}>${body}</testcase>`;
}
