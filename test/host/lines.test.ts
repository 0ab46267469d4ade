/** Lines of text that comes in pieces, whatever these are. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { lineReader } from '../../src/host/lines.ts';

function linesOf(pieces: readonly Uint8Array[], longest: number): string[] {
  const lines: string[] = [];
  const reader = lineReader((line) => lines.push(line), longest);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return lines;
}

/** The same bytes, cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), 0, bytes.length].toSorted(
    (a, b) => a - b,
  );
  return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
}

test.each<[title: string, text: string, longest: number, lines: string[]]>([
  ['nothing', '', 9, []],
  ['a line', 'one\n', 9, ['one']],
  ['a last one without a newline', 'one\ntwo', 9, ['one', 'two']],
  ['empty ones', '\n\none\n\n', 9, ['', '', 'one', '']],
  ['as long as may be', '123456789\nnext', 9, ['123456789', 'next']],
  ['longer ones', '1234567890\nx234567890', 9, ['123456789', 'x23456789']],
])('%s', (_title, text, longest, lines) => {
  const bytes = Buffer.from(text);
  expect(linesOf([bytes], longest)).toEqual(lines);
  expect(
    linesOf(
      [...bytes].map((byte) => Uint8Array.of(byte)),
      longest,
    ),
  ).toEqual(lines);
});

it('does not matter where the pieces end, also in the middle of a character', () => {
  const text = fc.array(fc.constantFrom('\n', 'é', '€', '😀', 'a', '\r')).map((all) => all.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (all, places) => {
      const expected = all.split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(linesOf(cut(Buffer.from(all), places), 1000)).toEqual(expected);
    }),
  );
});

it('takes a line of 64 MB, in pieces of 1 kB, without copying it for each', () => {
  const piece = Buffer.alloc(1024, 'x');
  const all = Array.from({ length: 65_536 }, () => piece);
  const [line, ...others] = linesOf([...all, Buffer.from('\n')], 2 ** 26);
  expect([line?.length, others]).toEqual([2 ** 26, []]);
});
