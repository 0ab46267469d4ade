import { existsSync } from 'node:fs';
import path from 'node:path';
import GithubSlugger from 'github-slugger';
import { describe, expect, it } from 'vitest';
import { pages, parsePage, readPage, targetOf } from '../helpers/markdown.ts';
import { root } from '../helpers/tools.ts';

it('finds the pages', () => expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/README.md'])));

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsIn(headings: readonly { text: string }[]): string[] {
  const slugger = new GithubSlugger();
  return headings.map(({ text }) => slugger.slug(text.replaceAll('`', '')));
}

/** Links that lead nowhere, or out of the repository. */
const broken = (page: string, links: readonly string[]): string[] =>
  links.filter((link) => {
    const target = targetOf(page, link);
    if (target === null) return false;
    const { file, anchor } = target;
    if (file.startsWith('..') || !existsSync(path.join(root, file))) return true;
    return anchor !== '' && !(file.endsWith('.md') && anchorsIn(readPage(file).headings).includes(anchor));
  });

describe.each(pages)('%s', (page) => {
  const { headings, links } = readPage(page);

  it('has links that lead somewhere', () => expect(broken(page, links)).toEqual([]));

  it('has one title, which comes first, and leaves out no level', () => {
    const levels = headings.map(({ level }) => level);
    expect(levels.indexOf(1)).toBe(0);
    expect(levels.lastIndexOf(1)).toBe(0);
    for (const [index, level] of levels.entries()) {
      if (index > 0) expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
    }
  });
});

it('is in the index, if it is a page of docs/', () => {
  const linked = readPage('docs/README.md').links.map((link) => targetOf('docs/README.md', link)?.file);
  const own = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
  expect(linked).toEqual(expect.arrayContaining(own));
});

it.each<[markdown: string, found: string[]]>([
  ['[a](docs/README.md) ![b](docs/images/flow.svg) [c](https://nowhere.invalid)', []],
  ['[a](docs/none.md)', ['docs/none.md']],
  ['![a](none.svg)', ['none.svg']],
  ['[a](../../etc/passwd)', ['../../etc/passwd']],
  ['[a](README.md#fix-it) [b](#is-it-this)', []],
  ['[a](README.md#none)', ['README.md#none']],
  ['[a][b]\n\n[b]: none.md', ['none.md']],
  ['`[a](none.md)`\n\n```\n[a](none.md)\n```', []],
])('finds what is broken in %j', (markdown, found) =>
  expect(broken('README.md', parsePage(markdown).links)).toEqual(found),
);
