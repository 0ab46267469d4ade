/** As test results: one suite per command, one case per finding. What cannot be determined is an error, not a pass. */
import { printable, xmlText } from '../../text/escape.ts';
import type { Document, Finding, Outcome } from '../document.ts';

const elements: Record<Outcome, 'system-out' | 'failure' | 'error' | 'skipped'> = {
  good: 'system-out',
  bad: 'failure',
  failed: 'failure',
  unknown: 'error',
  skipped: 'skipped',
};

export function junit({ command, findings }: Document): string {
  const count = (element: string): number =>
    findings.filter(({ outcome }) => elements[outcome] === element).length;
  const counts = `tests="${findings.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  <testsuite name="subpathfix ${command}" ${counts}>
${findings.map((finding) => `    ${testcase(command, finding)}\n`).join('')}  </testsuite>
</testsuites>
`;
}

function testcase(command: string, { id, outcome, message, details, seconds }: Finding): string {
  const text = (value: string): string => xmlText(printable(value));
  const time = seconds === undefined ? '' : ` time="${seconds}"`;
  const element = elements[outcome];
  const body =
    element === 'system-out'
      ? `<system-out>${text(message)}</system-out>`
      : `<${element} message="${text(message)}">${text(details.join('\n'))}</${element}>`;
  return `<testcase classname="subpathfix.${command}" name="${text(id)}"${time}>${body}</testcase>`;
}
