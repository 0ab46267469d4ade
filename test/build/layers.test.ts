/** The rule of the layers finds what breaks it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { violations } from '../../scripts/layers.ts';
import { scratchDirectory } from '../helpers/tools.ts';

async function found(file: string, source: string): Promise<string[]> {
  const src = await scratchDirectory();
  await mkdir(path.dirname(path.join(src, file)), { recursive: true });
  await writeFile(path.join(src, file), source);
  return violations(src);
}

it.each([
  ['facts/node/a.ts', "import { judge } from '../../verdict/judge.ts';", 'verdict is above facts'],
  ['facts/a.ts', "import type { Verdict } from '../verdict/verdict.ts';", 'verdict is above facts'],
  ['facts/a.ts', "import {\n  one,\n  two,\n} from '../cli.ts';", 'cli is above facts'],
  ['facts/a.ts', "export { judge } from '../verdict/judge.ts';", 'verdict is above facts'],
  ['facts/a.ts', "export const a = () => import('../verdict/judge.ts');", 'verdict is above facts'],
  ['errors.ts', "import { clip } from './text/clip.ts';", 'text is above errors'],
  ['verdict/a.ts', "import path from 'node:path';", 'verdict is pure'],
  ['report/a.ts', "import { orNull } from '../host/host.ts';", 'report is pure'],
  ['report/a.ts', "import { type Host, orNull } from '../host/host.ts';", 'report is pure'],
  ['facts/a.ts', "import { readFile } from 'node:fs/promises';", 'only main and host may'],
  ['commands/a.ts', "const { execa } = await import('execa');", 'only main and host may'],
  ['extras/a.ts', "import { clip } from '../text/clip.ts';", 'extras is not a layer'],
])('in %s, %s: %s', async (file, source, reason) => {
  const lines = await found(file, source);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`src/${file} imports`);
  expect(lines[0]).toContain(reason);
});

it.each([
  ['verdict/a.ts', "import { facts } from '../facts/facts.ts';\nimport { other } from './other.ts';"],
  ['report/a.ts', "import type { Host } from '../host/host.ts';"],
  ['report/a.ts', "import { type Host, type Command } from '../host/host.ts';"],
  [
    'facts/a.ts',
    "import path from 'node:path';\nimport data from '../../package.json' with { type: 'json' };",
  ],
  ['host/a.ts', "import { readFile } from 'node:fs/promises';\nimport { request } from 'undici';"],
])('in %s, %s is as it should be', async (file, source) => {
  expect(await found(file, source)).toEqual([]);
});
