/** The pages of this project, and what is in them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lexer, type Tokens, walkTokens } from 'marked';
import { root } from './tools.ts';

/** What is not ours, or is made anew. */
const skipped = new Set(['node_modules', 'dist', 'fix', '.git']);

/** Every page, by its path in the repository. */
export const pages: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => !skipped.has(entry.name))
  .flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const within = readdirSync(path.join(root, entry.name), { recursive: true, encoding: 'utf8' });
    return within.map((file) => path.join(entry.name, file));
  })
  .filter((file) => file.endsWith('.md'))
  .sort();

export interface Page {
  headings: { level: number; text: string }[];
  /** the text of each block, with the language that it is marked with */
  code: { language: string; text: string }[];
  /** of each table: rows without the header, and columns */
  tables: { rows: number; columns: number }[];
  lists: { items: number; ordered: boolean }[];
  /** links and images, as they are written */
  links: string[];
  /** what is marked as code in a sentence or a cell */
  spans: string[];
}

/** @param text Markdown as GitHub takes it */
export function parsePage(text: string): Page {
  const page: Page = { headings: [], code: [], tables: [], lists: [], links: [], spans: [] };
  // marked types a token loosely, for the sake of extensions, of which there are none here.
  walkTokens(lexer(text), (token) => {
    const each = token as
      | Tokens.Heading
      | Tokens.Code
      | Tokens.Table
      | Tokens.List
      | Tokens.Link
      | Tokens.Image
      | Tokens.Codespan;
    if (each.type === 'heading') page.headings.push({ level: each.depth, text: each.text });
    if (each.type === 'code') page.code.push({ language: each.lang ?? '', text: each.text });
    if (each.type === 'table') page.tables.push({ rows: each.rows.length, columns: each.header.length });
    if (each.type === 'list') page.lists.push({ items: each.items.length, ordered: each.ordered });
    if (each.type === 'link' || each.type === 'image') page.links.push(each.href);
    if (each.type === 'codespan') page.spans.push(each.text);
  });
  return page;
}

export const readPage = (file: string): Page => parsePage(readFileSync(path.join(root, file), 'utf8'));

/** The file that a relative link leads to, by its path in the repository, and its anchor; null for a URL. */
export function targetOf(page: string, link: string): { file: string; anchor: string } | null {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return null;
  const [file = '', anchor = ''] = decodeURIComponent(link).split('#');
  return { file: file === '' ? page : path.join(path.dirname(page), file), anchor };
}
