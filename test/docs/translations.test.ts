import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Page, pages, parsePage, readPage, targetOf } from '../helpers/markdown.ts';
import { root } from '../helpers/tools.ts';

/** Each translation, and the page that it is of. */
const originals: Readonly<Record<string, string>> = {
  'README.zh-CN.md': 'README.md',
  'docs/zh-CN/how-it-works.md': 'docs/how-it-works.md',
};

/** What has to be the same in every language. */
function structureOf(page: string, { headings, code, tables, lists, links, spans }: Page) {
  return {
    levels: headings.map(({ level }) => level),
    // Comments in a block are for people; of a translated page its original counts.
    code: code.map(({ language, text }) => ({ language, text: text.replace(/\s+# .*$/gm, '') })),
    tables,
    lists,
    links: links
      .map((link) => {
        const target = targetOf(page, link);
        return target === null ? link : (originals[target.file] ?? target.file);
      })
      .sort(),
    // In a sentence they stand in another order.
    spans: spans.toSorted(),
  };
}

it('knows every translation', () =>
  expect(pages.filter((page) => /zh-CN/.test(page)).sort()).toEqual(Object.keys(originals).sort()));

describe.each(Object.entries(originals))('%s', (translation, original) => {
  it('has what the original has', () =>
    expect(structureOf(translation, readPage(translation))).toEqual(
      structureOf(original, readPage(original)),
    ));

  it('is linked from it, and the reverse', () => {
    const leadsTo = (page: string): (string | undefined)[] =>
      readPage(page).links.map((link) => targetOf(page, link)?.file);
    expect(leadsTo(original)).toContain(translation);
    expect(leadsTo(translation)).toContain(original);
  });

  it('has no line break in a sentence, which a browser shows as a blank', () => {
    const text = readFileSync(path.join(root, translation), 'utf8');
    expect(text).not.toMatch(/[\u3000-\u9fff\uff00-\uffef]\n *[\u4e00-\u9fff]/);
  });
});

describe('what differs', () => {
  const text = '# a\n\n`b` [c](docs/README.md)\n\n```sh\nd --e   # f\n```\n\n| g |\n| - |\n| h |\n\n- i\n';
  const same = structureOf('README.md', parsePage(text));

  it.each<[what: string, changed: string]>([
    ['a heading', text.replace('# a', '## a')],
    ['a command', text.replace('--e', '--x')],
    ['the language of a block', text.replace('```sh', '```')],
    ['a row', text.replace('| h |', '| h |\n| h |')],
    ['a link', text.replace('README', 'logs')],
    ['code in a sentence', text.replace('`b`', 'b')],
    ['an item', `${text}- j\n`],
  ])('is seen: %s', (_, changed) => expect(structureOf('README.md', parsePage(changed))).not.toEqual(same));

  it('is not the words', () =>
    expect(
      structureOf('README.md', parsePage(text.replace('# f', '# 说明').replace('# a', '# 标题'))),
    ).toEqual(same));
});
