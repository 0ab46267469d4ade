/** The state of channels as test results, a case for each; one that could not be told is an error, not a pass. */
import type { ChannelStatus, Status } from './schema.ts';

const entities: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\n': '&#10;',
};
const escaped = (text: string): string => text.replace(/[<>&"\n]/g, (character) => entities[character] ?? '');

export function junit({ channels, advisory }: Status): string {
  const failures = channels.filter(({ state }) => outcomes[state] === 'failure').length;
  const errors = channels.filter(({ state }) => outcomes[state] === 'error').length;
  const counts = `tests="${channels.length}" failures="${failures}" errors="${errors}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(`subpathfix status ${advisory}`)}" ${counts}>`,
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
      ? `<system-out>${escaped(because)}</system-out>`
      : `<${outcome} message="${escaped(because)}">${escaped(advice.join('\n'))}</${outcome}>`;
  return `    <testcase classname="subpathfix.status" name="${escaped(name)}">${body}</testcase>`;
}
