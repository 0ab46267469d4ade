import { expect, it } from 'vitest';
import { parseEnviron } from '../../../src/facts/node/process.ts';

it('reads the environment of a process', () => {
  expect(parseEnviron('PATH=/a:/b\0EMPTY=\0=odd\0noequals\0MULTI=a\nb=c\0')).toEqual({
    PATH: '/a:/b',
    EMPTY: '',
    MULTI: 'a\nb=c',
  });
});
