/** The report as a test result: one suite, one case; undetermined is an error, not a pass. */

import { xmlText } from '../text/escape.ts';
import type { Report } from './report.ts';

export function junit({ verdict, command, advisory }: Report): string {
  const message = xmlText(verdict.because);
  const detail = xmlText(
    [...verdict.against.map(({ text }) => `against it: ${text}`), ...verdict.toSettle].join('\n'),
  );
  const outcome = {
    affected: `<failure message="${message}">${detail}</failure>`,
    undetermined: `<error message="${message}">${detail}</error>`,
    fixed: `<system-out>${message}</system-out>`,
    'not-affected': `<system-out>${message}</system-out>`,
  }[verdict.state];
  const failures = verdict.state === 'affected' ? 1 : 0;
  const errors = verdict.state === 'undetermined' ? 1 : 0;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="1" failures="${failures}" errors="${errors}">`,
    `  <testsuite name="subpathfix" tests="1" failures="${failures}" errors="${errors}">`,
    `    <testcase classname="subpathfix.${command}" name="${xmlText(advisory)}">${outcome}</testcase>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
