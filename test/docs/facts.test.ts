/** What a page says and the program knows too: a new row of a table has to be described. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { declarations } from '../../src/commands/declarations.ts';
import { strategyNames } from '../../src/distributions/distribution.ts';
import { distributionNames, distributions } from '../../src/distributions/index.ts';
import { exitCodes } from '../../src/errors.ts';
import { formatNamesOf } from '../../src/report/formats/index.ts';
import { rebuildModes } from '../../src/verify/phase.ts';
import { pages, readPage } from '../helpers/markdown.ts';
import { root } from '../helpers/tools.ts';

const textOf = (page: string): string => readFileSync(path.join(root, page), 'utf8').replace(/\s+/g, ' ');
const commands = Object.keys(declarations);
const formats = [...new Set(commands.flatMap((command) => formatNamesOf(command)))];
const { aliases, commits, environment, laterSecurityFixes, nixpkgs, packages } = advisory;

it.each<[page: string, says: readonly string[]]>([
  ['README.md', strategyNames.map((name) => `| \`${name}\` `)],
  ['README.md', laterSecurityFixes.releases],
  [
    'README.md',
    commands.filter((name) => !['probe', 'completion'].includes(name)).map((name) => `npm start -- ${name}`),
  ],
  ['docs/choosing-a-fix.md', strategyNames.map((name) => `| \`--strategy ${name}\` `)],
  ['docs/choosing-a-fix.md', [environment.variable, ...laterSecurityFixes.releases]],
  ['docs/how-it-works.md', [...commits.introduced, ...commits.fixes].map(({ id }) => id)],
  ['docs/how-it-works.md', aliases.map(({ url }) => `(${url})`)],
  ['docs/not-nixos.md', packages.systems.flatMap(({ name, upgrade }) => [name, `\`${upgrade}\``])],
  [
    'docs/channels.md',
    nixpkgs.windows
      .flatMap((each) => each.pullRequests)

      .map(String),
  ],
  ['docs/json-and-exit-codes.md', commands.map((name) => `| \`${name}\` `)],
  ['docs/json-and-exit-codes.md', Object.values(exitCodes).map((code) => `| ${code} `)],
  ['docs/json-and-exit-codes.md', formats.map((name) => `| \`${name}\` `)],
  ['docs/verifying.md', rebuildModes.filter((mode) => mode !== 'build').map((mode) => `--rebuild ${mode} `)],
])('%s says %j', (page, says) => {
  const text = textOf(page);
  expect(says.length).toBeGreaterThan(0);
  expect(says.filter((each) => !text.includes(each))).toEqual([]);
});

it.each(distributionNames)('docs/%s.md names its units, and how to write its fix', (name) => {
  const text = textOf(`docs/${name}.md`);
  const { units, roles } = distributions[name];
  expect(units.filter((unit) => !text.includes(`\`${unit}\``))).toEqual([]);
  expect(text).toContain(`--distro ${name}`);
  for (const [, role] of text.matchAll(/--role ([a-z+]+)/g)) expect(roles).toContain(role);
});

it('has an example of each command somewhere', () => {
  const all = pages.flatMap((page) => readPage(page).code.map(({ text }) => text)).join('\n');
  expect(commands.filter((name) => !all.includes(`subpathfix ${name}`))).toEqual([]);
});
