/** The manual, the help and the completions are made from the declarations: all of them have every option. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { declareProgram } from '../../src/cli.ts';
import { commandNames } from '../../src/text/called-as.ts';
import { inProcess } from '../helpers/in-process.ts';
import { root, tool } from '../helpers/tools.ts';

const page = path.join(root, 'man/subpathfix.1');
const { commands } = declareProgram('0', () => true);
const rendered = await execa(tool('man'), ['-E', 'UTF-8', '-P', 'cat', page], {
  env: { MANWIDTH: '200', GROFF_NO_SGR: '1', MAN_KEEP_FORMATTING: '' },
});
// Overstruck letters are bold.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they are overstruck
const manual = rendered.stdout.replace(/.\u0008/g, '');

/** A term; a short one has its text beside it. */
const line = (term: string): RegExp => new RegExp(`^ {7}${term.replace(/[[\].]/g, '\\$&')}(?: |$)`, 'm');

/** What man(1) shows of a command: its part of COMMANDS. */
const partOf = (name: string): string =>
  manual.split(/^ {3}(?=\S)/m).find((part) => part.startsWith(`${name}\n`)) ?? '';

it('the manual is what mandoc calls clean, and man has nothing to say about it', async () => {
  const { stdout } = await execa(tool('mandoc'), ['-Tlint', '-Wstyle', page], { reject: false });
  expect(stdout).toBe('');
  expect(rendered.stderr).toBe('');
});

it('is named in package.json, and every command is in it', async () => {
  const { man } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  expect(man.map((each: string) => path.join(root, each))).toEqual([page]);
  expect(commands.map((command) => command.name())).toEqual([...commandNames]);
});

describe.each(commands.map((command) => [command.name(), command] as const))('%s', (name, command) => {
  const own = command.options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined);
  const shared = command.options.filter(({ helpGroupHeading }) => helpGroupHeading !== undefined);

  it('has every option in the manual, by its description', () => {
    const words = (text: string): string => text.replace(/\s+/g, ' ');
    for (const { flags, description } of own) {
      expect(partOf(name)).toMatch(line(flags));
      expect(words(partOf(name))).toContain(words(description));
    }
    const [, options = ''] = manual.split(/^OPTIONS$/m);
    for (const { flags } of shared) expect(options).toMatch(line(flags));
  });

  it('has every option in its help: examples first, the shared options last', async () => {
    const { stdout } = await inProcess([name, '--help']);
    for (const { flags } of command.options) expect(stdout).toContain(`\n  ${flags} `);
    const places = [
      'Usage:',
      'Examples:',
      ...own.map(({ flags }) => `\n  ${flags} `),
      ...shared.map(({ flags }) => `\n  ${flags} `),
    ];
    const found = places.map((place) => stdout.indexOf(place));
    expect(found).toEqual(found.toSorted((left, right) => left - right));
    expect((await inProcess(['help', name])).stdout).toBe(stdout);
  });

  it.each(['bash', 'zsh', 'fish'])('has every option in the completions of %s', async (shell) => {
    const { stdout } = await inProcess(['completion', shell]);
    const [start, end] =
      { bash: [`\n    ${name},-*)`, ';;'], zsh: [`\n    ${name})\n`, ';;'], fish: [`-a ${name} -d`, '\n\n'] }[
        shell
      ] ?? [];
    const part = stdout.slice(stdout.indexOf(start ?? '')).split(end ?? '')[0] ?? '';
    for (const { long } of command.options)
      expect(part).toMatch(
        new RegExp(`(?:-l |)${long?.replace(/^--/, shell === 'fish' ? '-l ' : '--')}(?![\\w-])`),
      );
  });
});

it('has the variables of the environment that are its own', async () => {
  const { stdout } = await execa('grep', ['-rhoE', "SUBPATHFIX_[A-Z_]+'", path.join(root, 'src')]);
  const names = new Set(stdout.split('\n').map((each) => each.slice(0, -1)));
  names.delete('SUBPATHFIX_DEBUG');
  expect(names.size).toBeGreaterThan(2);
  for (const name of names) expect(manual).toMatch(line(name));
});
