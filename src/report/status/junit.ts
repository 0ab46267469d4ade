/** The state of channels as test results, a case for each; one that could not be told is an error, not a pass. */

import { xmlText } from '../../text/escape.ts';
import type { ChannelStatus, Status } from './schema.ts';

export function junit({ channels, advisory }: Status): string {
  const failures = channels.filter(({ state }) => outcomes[state] === 'failure').length;
  const errors = channels.filter(({ state }) => outcomes[state] === 'error').length;
  const counts = `tests="${channels.length}" failures="${failures}" errors="${errors}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xmlText(`subpathfix status ${advisory}`)}" ${counts}>`,
    ...channels.map(testcase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const outcomes = {
  affected: 'failure',
  undetermined: 'error',
  unreachable: 'error',
  fixed: 'pass',
  'not-affected': 'pass',
} as const;

function testcase({ name, state, because, advice }: ChannelStatus): string {
  const outcome = outcomes[state];
  const body =
    outcome === 'pass'
      ? `<system-out>${xmlText(because)}</system-out>`
      : `<${outcome} message="${xmlText(because)}">${xmlText(advice.join('\n'))}</${outcome}>`;
  return `    <testcase classname="subpathfix.status" name="${xmlText(name)}">${body}</testcase>`;
}
