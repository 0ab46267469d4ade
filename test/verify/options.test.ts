/** What the options about many nodes take. */
import { expect, test } from 'vitest';
import { requestOf, type VerifyOptions } from '../../src/commands/verify-options.ts';

test.each<[VerifyOptions, RegExp]>([
  ...['0', '1001', '1.5', 'many', ''].map((jobs): [VerifyOptions, RegExp] => [
    { allNodes: true, jobs },
    /^--jobs: must be a number from 1 to 1000$/,
  ]),
  ...['=a', 'a in b', 'a=b,', 'a b', '$(x)', 'a\nb', '', '-a', 'a=b=c', 'a in (b'].map(
    (selector): [VerifyOptions, RegExp] => [{ allNodes: true, selector }, /^--selector: must be labels/],
  ),
  [{ jobs: '3' }, /^--jobs needs --all-nodes or hosts$/],
  [{ selector: 'a=b' }, /^--selector needs --all-nodes$/],
  [{ resume: true }, /^--resume needs --all-nodes$/],
])('%j is a usage error', (options, says) => {
  expect(() => requestOf(options)).toThrow(says);
});

test.each([
  'a',
  '!a',
  'a=b',
  'a==b',
  'a!=b',
  'a in (b, c)',
  'x.org/a notin (b)',
  'n>3',
  ' a = b , c ',
  'a=',
  'a in (b),c',
])('takes the labels %j', (selector) => {
  expect(requestOf({ allNodes: true, selector }).smoke).toMatchObject({ selector, jobs: 32 });
});
