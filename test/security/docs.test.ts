import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../helpers/tools.ts';

const page = path.join(root, 'docs/security.md');
/** All but how to report a flaw, which no test can show. */
const [text = ''] = readFileSync(page, 'utf8').split('## Reporting');
const lines = text.split(/^(?=- |#)/m).filter((line) => line.startsWith('- '));

it('has a line for each of its claims', () => expect(lines.length).toBeGreaterThan(20));

it.each(lines.map((line) => line.replace(/\s+/g, ' ').trim()))('%s', (line) => {
  const [, name = '', file = ''] = /\[([^\]]+)\]\(([^)]+)\)$/.exec(line) ?? [];
  const source = readFileSync(path.resolve(path.dirname(page), file), 'utf8');
  expect(source.replaceAll("\\'", "'")).toContain(name);
});
