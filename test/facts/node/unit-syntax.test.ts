import { describe, expect, it } from 'vitest';
import { parseEnvironmentFile } from '../../../src/facts/node/environment-file.ts';
import { splitWords, substituteVariables, unsetVariables } from '../../../src/facts/node/unit-syntax.ts';

describe('words', () => {
  it.each<[text: string, words: string[]]>([
    ['a  b\tc', ['a', 'b', 'c']],
    ['"a b" \'c d\' e"f g"h', ['a b', 'c d', 'ef gh']],
    ['"" \'\'', ['', '']],
    ['"a\'b" \'c"d\'', ["a'b", 'c"d']],
    ['a\\x20b \\x41', ['a b', 'A']],
    ['\\101 \\u00fc \\U0001f600', ['A', 'ü', '😀']],
    ['a\\tb\\nc\\sd \\a\\b\\f\\r\\v', ['a\tb\nc d', '\x07\b\f\r\v']],
    ['a\\\\b \\"c \\\'d', ['a\\b', '"c', "'d"]],
    ['\\q \\x4 \\400 \\x00 \\U00110000', ['\\q', '\\x4', '\\400', '\\x00', '\\U00110000']],
    ['a\\', ['a\\']],
    ['%%', ['%%']],
    ['', []],
    // systemctl show of systemd 257
    [
      'A=1 "C=q\\"u" "D=dollar\\$x" "E=back\\\\slash" "F=tab\\tx"',
      ['A=1', 'C=q"u', 'D=dollar$x', 'E=back\\slash', 'F=tab\tx'],
    ],
  ])('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe('variables in arguments', () => {
  it.each<[words: string[], replaced: string[]]>([
    [['$ARGS'], ['--single', 'a b']],
    [['${ARGS}'], ['--single "a b"']],
    [
      ['x${ARGS}y', '${NONE}'],
      ['x--single "a b"y', ''],
    ],
    [['$NONE', 'a'], ['a']],
    [['a$ARGS'], ['a$ARGS']],
    [
      ['$$ARGS', '$${ARGS}'],
      ['$ARGS', '${ARGS}'],
    ],
  ])('%j', (words, replaced) => {
    expect(substituteVariables(words, { ARGS: '--single "a b"' })).toEqual(replaced);
  });
});

it.each<[unset: string[], left: string[]]>([
  [['A'], ['B']],
  [['A=1'], ['B']],
  [['A=2'], ['A', 'B']],
  [['A', 'B=2'], []],
  [[], ['A', 'B']],
])('without %j', (unset, left) => {
  expect(Object.keys(unsetVariables({ A: '1', B: '2' }, unset))).toEqual(left);
});

describe('an environment file', () => {
  it.each<[text: string, env: Record<string, string>]>([
    ['A=1\nB=2', { A: '1', B: '2' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['  A =  b c  \n', { A: 'b c' }],
    ['A="b c  "  \nB=\'d "e\' \n', { A: 'b c  ', B: 'd "e' }],
    ['A=b"c d"e', { A: 'bc de' }],
    ['A="b\nc"', { A: 'b\nc' }],
    ['A=b\\\n  c\nB="d\\\ne"', { A: 'b  c', B: 'de' }],
    ['A="b\\"c\\n"\nB=d\\ e\nC=\'f\\g\'', { A: 'b"c\\n', B: 'd e', C: 'f\\g' }],
    ['# A=1\n; B=2\n#x\\\nC=3\nD=4 # no comment', { D: '4 # no comment' }],
    ['A=\nB', { A: '' }],
    ['export A=1\n1B=2\nC-D=3', {}],
    ['A=1\nA=2', { A: '2' }],
    ['A=b=c', { A: 'b=c' }],
    ['', {}],
  ])('%j', (text, env) => {
    expect(parseEnvironmentFile(text)).toEqual(env);
  });
});
