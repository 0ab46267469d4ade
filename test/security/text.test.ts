/** Hostile text in every format and every line: it stays text, and what is read by programs stays well-formed. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document, Finding, Outcome } from '../../src/report/document.ts';
import { type FormatName, formatNamesOf, formats } from '../../src/report/formats/index.ts';
import { commentText, oneLine, printableLine, shellQuoted, withoutSecrets } from '../../src/text/escape.ts';
import { subpathfix, tool } from '../helpers/tools.ts';
import { parseMetrics } from '../report/metrics.ts';
import { parseXml } from '../report/xml.ts';

const acting =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufffe\uffff]|\udb40[\udc00-\udc7f]|\p{Surrogate}/u;

const pieces = [
  ...[
    '\u001b[2J',
    '\u001b]8;;https://evil.example\u0007x\u001b]8;;\u0007',
    '\u001b]52;c;ZXZpbA==\u0007',
    '\u009b31m',
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u200f',
    '\u061c',
    '\u2028',
    '\ufeff',
    '\ufffe',
    '\uffff',
    '\ud800',
    '\udfff',
    '\0',
    '\r',
  ],
  ...[
    '\u{e0041}',
    '\n',
    '\t',
    ' ',
    '</testcase>',
    ']]>',
    '&lt;',
    '&#0;',
    '<!--',
    '`',
    '|',
    '"',
    "'",
    '\\',
    '$(x)',
  ],
  ...['http://user:pass@host/?a=b', '[x](javascript:x)', '# x', '- x', '@all', '~~x~~'],
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary' })), { maxLength: 8 })
  .map((parts) => parts.join(''));

const outcomes: Outcome[] = ['good', 'bad', 'unknown', 'failed', 'skipped'];

function documentOf(text: string): Document {
  const findings = outcomes.map(
    (outcome, index): Finding => ({
      ...{ id: `${index}${text}`, title: text, outcome, state: text, message: text },
      ...{ details: [text, text], seconds: 1, data: null },
    }),
  );
  return {
    ...{ command: 'check', subject: { node: text }, outcome: 'bad', headline: text, message: text, findings },
    blocks: [
      { kind: 'list', title: text, lines: [text] },
      { kind: 'table', columns: [text], rows: [[text], [{ text, outcome: 'bad' }]] },
      { kind: 'paragraph', title: text, lines: [text], steps: [{ text, commands: [text] }] },
      { kind: 'verbatim', title: text, lines: text.split('\n') },
    ],
    notes: [{ code: 'a', text }],
    next: [{ code: 'b', text, command: text }],
    exitCode: 1,
    published: { text, [`key ${text}`]: [text] },
  };
}

describe.each(formatNamesOf('check'))('any text in %s', (format: FormatName) => {
  it('has nothing that a terminal acts on, and no password', async () => {
    const write = await formats[format].load();
    fc.assert(
      fc.property(hostile, fc.constantFrom(null, 40), (text, columns) => {
        const document = documentOf(text);
        const written = write(document, { color: false, columns });
        expect(written).not.toMatch(acting);
        expect(written).not.toContain('user:pass');
        if (format === 'json') expect(JSON.parse(written)).toEqual(withoutSecrets(document.published));
        if (format === 'prometheus') expect(parseMetrics(written).length).toBe(31);
        if (format === 'junit') {
          const cases = parseXml(written).children[0]?.children;
          expect(cases?.map(({ children }) => children.length)).toEqual([1, 1, 1, 1, 1]);
        }
      }),
      { numRuns: 400, examples: pieces.flatMap((piece) => [[piece, null] as [string, null]]) },
    );
  });
});

describe('a command to paste', () => {
  const bash = (line: string): string =>
    spawnSync(tool('bash'), ['-c', `printf '%s\\0' ${line}`], {
      env: { LC_ALL: 'C.UTF-8' },
    }).stdout.toString();

  it('is one line that bash reads back as it was, whatever it holds', () => {
    // No argument of a program can hold these.
    const words = hostile.map((text) => text.replace(/\0|\p{Surrogate}/gu, ''));
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 3 }), ([file = '', ...args]) => {
        const line = shellQuoted({ file, args });
        expect(line).not.toMatch(acting);
        expect(line).not.toContain('\n');
        expect(bash(line)).toBe([file, ...args].map((word) => `${word}\0`).join(''));
      }),
      { numRuns: 100 },
    );
  });
});

describe('one line', () => {
  it('is one, for whatever text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of [printableLine(text), commentText(text)]) {
          expect(line).not.toMatch(/\n/);
          expect(line.replaceAll('\t', '')).not.toMatch(acting);
        }
        expect(oneLine(text)).toBe(text.replace(/\s*\n\s*/g, ' '));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no longer than its text is long', () => {
    const begun = performance.now();
    for (const text of [' ', '\n', ' \n', 'http://', 'a://@', '\u001b'])
      for (const act of [oneLine, printableLine, withoutSecrets<string>]) act(text.repeat(200_000));
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('a secret in a URL', () => {
  it.each([
    ['http://user:pass@host/x', 'http://***@host/x'],
    ['git+ssh://token@host/x?ref=main', 'git+ssh://***@host/x?ref=***'],
    [
      'see https://a:b@c:8/d, and http://e/f?g=h&i=j: no',
      'see https://***@c:8/d, and http://e/f?g=***&i=***: no',
    ],
    ['https://a:p@ss@host/', 'https://***@host/'],
    ['http://host/a@b', 'http://host/a@b'],
    ['user@host and /nix/store/a@b', 'user@host and /nix/store/a@b'],
    [
      'https://github.com/util-linux/util-linux/issues/3474',
      'https://github.com/util-linux/util-linux/issues/3474',
    ],
  ])('of %s is replaced', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
    expect(withoutSecrets({ a: [text] })).toEqual({ a: [expected] });
  });
});

const evil = 'x\u001b[2J\u001b]8;;https://evil.example\u0007\u202e\u009b31m\nsubpathfix: fixed';

it.each<[args: string[]]>([
  [[evil]],
  [['check', `--${evil}`]],
  [['check', evil]],
  [['check', '--format', evil]],
  [['check', '--channel', evil]],
  [['check', '--util-linux', evil]],
  [['check', '--nixpkgs', evil]],
  [['check', '--flake-lock', evil]],
  [['check', '--node-root', evil]],
  [['check', '--rev', evil]],
  [['generate', '--util-linux', '2.41', '--distro', evil]],
  [['generate', '--util-linux', '2.41', '--unit', evil]],
  [['generate', '--util-linux', '2.41', '--role', evil]],
  [['generate', '--util-linux', '2.41', '--stdout', '--out', evil]],
  [['status', '--base-url', evil]],
  [['status', '--since', evil]],
  [['status', '--timeout', evil]],
  [['status', '--fix', evil]],
  [['status', '--offline', '--no-cache', evil]],
  [['probe', '--mount', evil]],
  [['probe', '--env', evil]],
  [['probe', '--pid', evil]],
  [['probe', '--env', `A=${evil}`, '--mount', '/bin/mount', '-v']],
  [['sweep', '--kubeconfig', evil]],
  [['verify', '--skip', evil]],
  [['verify', '--timeout', evil]],
  [['verify', '--rebuild', evil]],
  [['verify', '--dry-run', '--namespace', evil]],
])('%j is repeated harmlessly', async (args) => {
  for (const more of [[], ['--json'], ['--format', 'markdown']]) {
    const { stdout, stderr, exitCode } = await subpathfix([...args, ...more]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stdout + stderr).not.toMatch(/internal error/);
    expect(stderr).not.toMatch(/^subpathfix: fixed/m);
    expect([0, 1, 2, 3, 4]).toContain(exitCode);
  }
});
