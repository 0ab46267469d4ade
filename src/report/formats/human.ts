/** For a person at a terminal: the answer first, then how it was reached, then what to do. */
import { createColors } from 'picocolors';
import { oneLine, printable } from '../../text/escape.ts';
import { adviceText } from '../../text/message.ts';
import { table, wrapped } from '../../text/table.ts';
import { type Block, type Cell, type Document, list, type Style } from '../document.ts';

interface Page {
  colors: ReturnType<typeof createColors>;
  width: number;
}

const titleWidth = 12;

export function human(unsafe: Document, { color, columns }: Style): string {
  const { headline, outcome, message, blocks, notes, next } = printable(unsafe);
  const page: Page = { colors: createColors(color), width: columns ?? Number.POSITIVE_INFINITY };
  const title = page.colors.bold(paint({ text: headline, outcome }, page));
  const lines = wrapped(message === '' ? title : `${title}: ${message}`, page.width, '', '  ');
  let last: Block['kind'] = 'list';
  for (const block of [
    ...blocks.filter((each) => !comesLast(each)),
    ...list(
      'note',
      notes.map(({ text }) => text),
    ),
    ...list('next', next.map(adviceText)),
    ...blocks.filter(comesLast),
  ]) {
    if (block.only === 'markdown') continue;
    // Lists follow each other directly; anything else has an empty line around it.
    if (block.kind !== 'list' || last !== 'list') lines.push('');
    lines.push(...linesOf(block, page));
    last = block.kind;
  }
  return `${lines.join('\n')}\n`;
}

/** Whether a block goes below the advice. */
const comesLast = (block: Block): boolean =>
  block.kind === 'verbatim' || (block.kind === 'paragraph' && block.steps !== undefined);

function linesOf(block: Block, page: Page): string[] {
  const { colors, width } = page;
  switch (block.kind) {
    case 'list':
      return block.lines.flatMap((line, index) => {
        const title = colors.dim((index === 0 ? block.title : '').padEnd(titleWidth));
        return wrapped(line, width, `  ${title} `, ' '.repeat(titleWidth + 5));
      });
    case 'table':
      return table(
        [block.columns, ...block.rows.map((row) => row.map((cell) => paint(cell, page)))],
        colors.dim,
      );
    case 'verbatim':
      return block.lines;
    case 'paragraph':
      return [
        ...wrapped(paint(block.title, page), width, '', '  '),
        ...block.lines.flatMap((line) => wrapped(line, width, '  ', '    ')),
        ...(block.steps ?? []).flatMap(({ text, commands }, index) => [
          ...(index === 0 ? [''] : []),
          ...wrapped(`${index + 1}. ${text}`, width, '', '   '),
          ...commands.map((command) => `     ${colors.cyan(oneLine(command))}`),
        ]),
      ];
  }
}

function paint(cell: Cell, { colors: { green, red, yellow, dim } }: Page): string {
  if (typeof cell === 'string') return oneLine(cell);
  const looks = { good: green, bad: red, failed: red, unknown: yellow, skipped: dim };
  return looks[cell.outcome](oneLine(cell.text));
}
