/** Changes to an input, at random. */
import type { Random } from './random.ts';

/** What means something to one of the parsers, or to a terminal. */
const tokens = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\\',
    '"',
    "'",
    '${',
    "''",
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    ';',
    '#',
    '/*',
    '*/',
  ],
  ...[
    '=',
    ':',
    ',',
    '..',
    '/',
    '-',
    '%',
    '\u001b[2J',
    '\u202e',
    '\ufeff',
    '\ufffe',
    '\u2028',
    'é',
    '🙂',
    '\\040',
  ],
  ...[
    '2.41',
    '2.41-rc1',
    '0',
    '-1',
    '1e999',
    '9007199254740993',
    '4294967296',
    'NaN',
    'null',
    'true',
    '[]',
    '{}',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'rec',
    'let',
    'in',
    'with',
    'inherit',
    'assert',
  ],
  ...[
    '[Service]',
    'ExecStart=',
    'Environment=',
    'export ',
    'exec ',
    'PATH=',
    'makeCWrapper ',
    '\u007fELF\u0002\u0001',
  ],
  ...[
    '//deleted',
    '/proc/1/fd/7',
    'proc',
    ' - ',
    'subpath',
    'file exists',
    'inputs',
    'follows',
    'mkDerivation',
  ],
].map((text) => Buffer.from(text));

const bytes = [0, 1, 9, 10, 13, 27, 32, 34, 39, 47, 92, 127, 128, 194, 237, 239, 255];

const splice = (input: Buffer, from: number, to: number, put: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([input.subarray(0, from), put, input.subarray(to)]);

function range(input: Buffer, random: Random, longest: number): [from: number, to: number] {
  const from = random.below(input.length + 1);
  return [from, Math.min(input.length, from + random.below(longest + 1))];
}

type Mutation = (input: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const mutations: Mutation[] = [
  (input, random) => splice(input, ...range(input, random, 64)),
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random) => input.subarray(random.below(input.length + 1)),
  (input, random) => {
    const at = random.below(input.length + 1);
    return splice(input, at, at, random.of(tokens));
  },
  (input, random) => splice(input, ...range(input, random, 16), random.of(tokens)),
  (input, random) => {
    const changed = Buffer.from(input);
    for (let times = random.below(8); times >= 0 && changed.length > 0; times -= 1)
      changed[random.below(changed.length)] = random.of([...bytes, random.below(256)]);
    return changed;
  },
  (input, random) => {
    const [from, to] = range(input, random, 256);
    return splice(input, to, to, input.subarray(from, to));
  },
  (input, random) => {
    const at = random.below(input.length + 1);
    const token = random.of(tokens).toString('latin1');
    return splice(
      input,
      at,
      at,
      Buffer.from(token.repeat(1 + random.below(random.of([8, 64, 2000]))), 'latin1'),
    );
  },
  (input, random, others) => {
    const other = random.of(others);
    return Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  (_, random) => Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256))),
];

/** One to four changes. @param others what parts can be taken from */
export function mutated(input: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let changed = input;
  for (let times = random.of([1, 1, 1, 2, 3, 4]); times > 0; times -= 1)
    changed = random.of(mutations)(changed, random, others);
  return changed.subarray(0, 200_000);
}

/**
 * The input as a disk or a connection that fails leaves it: cut off, or a part of it overwritten with what is no
 * text. Unlike a change of a letter, this makes nothing true that was false.
 */
export function damaged(input: Buffer, random: Random): Buffer {
  if (random.below(2) === 0) return input.subarray(0, random.below(input.length));
  const [from, to] = range(input, random, random.of([1, 16, 512]));
  return splice(input, from, to, Buffer.alloc(to - from, random.of([0, 255, 27, 128])));
}
