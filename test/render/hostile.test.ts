import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { nixString } from '../../src/text/escape.ts';
import { caseNamed, fixFor, writeCase } from '../helpers/cases.ts';
import { evaluateTable, nixEnvironment } from '../helpers/nix.ts';
import { scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
});

/** Text that means something to Nix, to a comment, or to a terminal, and any other text between. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '\\',
        '${',
        "''",
        "''${",
        '$${',
        '$',
        '{',
        '}',
        '\n',
        '\r\n',
        '\t',
        '#',
        '*/',
        '/*',
        ';',
        ' ',
      ),
      fc.constantFrom(
        '${builtins.abort "x"}',
        '"; evil = true; x = "',
        '\u2028',
        '\u0085',
        '\ufeff',
        '🙂',
        'é',
        '\u202e',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join('').replaceAll('\0', ''));

/** A file without its comments, its lines ended where Nix ends a comment. */
const code = (content: string): string =>
  content
    .split(/[\r\n]/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');

async function nix(args: string[]): Promise<string> {
  return (await execa(tool('nix-instantiate'), args, { env: nixEnvironment(scratch) })).stdout;
}

describe('hostile text', () => {
  it('is the same string in Nix', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 100, maxLength: 100 }), async (texts) => {
        const file = path.join(scratch, 'strings.nix');
        await writeFile(file, `[ ${[...texts, 'x'.repeat(10_000)].map(nixString).join('\n')} ]`);
        const values: unknown = JSON.parse(await nix(['--eval', '--strict', '--json', file]));
        expect(values).toEqual([...texts, 'x'.repeat(10_000)]);
      }),
      { numRuns: 20 },
    );
  });

  it('with a NUL is refused', () => {
    expect(() => nixString('a\0b')).toThrow(RangeError);
  });

  it('in a header changes nothing of the file', () => {
    const request = caseNamed('k0s-worker-path-wrapped-unknown');
    const written = (why: string): string[] =>
      fixFor({ ...request, why }).files.map(({ content }) => code(content));
    const plain = written('plain');
    fc.assert(
      fc.property(hostile, (why) => {
        expect(written(why)).toEqual(plain);
      }),
      { numRuns: 1000 },
    );
  });

  it('as a unit is refused, or is that unit', async () => {
    const names = fc.oneof(hostile, fc.stringMatching(/^[\w:.@\\-]{1,30}$/));
    let evaluated = 0;
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.constantFrom('path' as const, 'env' as const, 'package' as const),
        async (unit, strategy) => {
          const request = {
            distribution: 'k0s',
            role: 'worker',
            packageWrapped: 'unknown',
            gate: true,
            unit,
          } as const;
          let files: ReturnType<typeof fixFor>['files'];
          try {
            files = fixFor({ ...request, strategies: [strategy] }).files;
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            return;
          }
          const directory = path.join(scratch, 'unit');
          await writeCase(directory, files);
          const name = unit.replace(/\.service$/, '');
          const own = path.join(scratch, 'own.nix');
          const start = '"${config.services.k0s.package}/bin/k0s worker"';
          const service = `systemd.services.\${builtins.fromJSON (builtins.readFile ./own.json)}.serviceConfig`;
          await writeFile(path.join(scratch, 'own.json'), JSON.stringify(name));
          await writeFile(own, `{ config, lib, ... }: { ${service}.ExecStart = lib.mkForce ${start}; }`);
          const modules = [own, path.join(directory, 'subpath-fix.nix')];
          const row = { modules, distro: 'k0s', role: 'worker', unit: name, era: '2025-07' };
          const [result] = await evaluateTable(scratch, [row]);
          expect(result?.failed).toEqual([]);
          expect(result?.units).toContain(name);
          evaluated += 1;
        },
      ),
      { numRuns: 60 },
    );
    expect(evaluated).toBeGreaterThan(5);
  });

  it.each(['--channel', '--out', '--unit', '--role', '--util-linux'])(
    'in %s never spoils a file',
    async (option) => {
      const base = { '--channel': 'nixos-25.05', '--util-linux': '2.41', '--out': 'fix' };
      const plain = code(await generated(base, 'plain'));
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          const content = await generated({ ...base, [option]: text }, `run-${option}`);
          if (content) expect(code(content)).toBe(plain);
        }),
        { numRuns: 12, examples: [['x'.repeat(10_000)], ['-'.repeat(20)], ["';rm -rf x;'"]] },
      );
    },
  );
});

/** The overlay that the program wrote, which parses; or '' when it refused with a clear error. */
async function generated(options: Record<string, string>, name: string): Promise<string> {
  const all = { ...options, '--out': path.join(scratch, name, options['--out'] ?? '') };
  const args = Object.entries(all).map(([flag, value]) => `${flag}=${value}`);
  const { exitCode, stderr, stdout } = await subpathfix(['generate', '--force', '--json', ...args]);
  expect([0, 2, 3]).toContain(exitCode);
  expect(stderr).not.toMatch(/internal error in subpathfix/);
  if (exitCode !== 0) return '';
  const { remedy } = JSON.parse(stdout) as { remedy: { files: { path: string }[] } };
  const content = await readFile(remedy.files[0]?.path ?? '', 'utf8');
  // The directory can have any name; Nix is given the file under a plain one.
  const copy = path.join(scratch, 'copy.nix');
  await writeFile(copy, content);
  await nix(['--parse', copy]);
  return content;
}
