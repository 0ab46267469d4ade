import { expect, it } from 'vitest';
import { wrapped } from '../../src/text/table.ts';

it.each<[text: string, width: number, lines: string[]]>([
  ['one two three', 80, ['  one two three']],
  ['one two three', 9, ['  one two', '    three']],
  // A path is never split, and an arrow stays with it.
  ['-> /a/long/path (x)', 12, ['  -> /a/long/path', '    (x)']],
  ['a -> b', 5, ['  a', '    ->', '    b']],
])('%j folded at %i', (text, width, lines) => {
  expect(wrapped(text, width, '  ', '    ')).toEqual(lines);
});
