/** For a person at a terminal: the answer first, then how it was reached, then what to do. */
import { createColors } from 'picocolors';
import { oneLine, printable } from '../../text/escape.ts';
import { adviceText } from '../../text/message.ts';
import { lengthOf, table, wrapped } from '../../text/table.ts';
import { type Block, type Document, type Line, list, type Style } from '../document.ts';
import { nodesLines } from './human-nodes.ts';
import { type Page, paint } from './terminal.ts';

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
    ...list('next', next),
    ...blocks.filter(comesLast),
  ]) {
    if (block.only === 'markdown') continue;
    // Lists follow each other directly; anything else has an empty line around it.
    if (block.kind !== 'list' || last !== 'list') lines.push('');
    lines.push(
      ...(block.kind === 'nodes'
        ? nodesLines(block, page, `${headline} ${message}`, next)
        : linesOf(block, page)),
    );
    last = block.kind;
  }
  return `${lines.join('\n')}\n`;
}

/** Whether a block goes below the advice. */
const comesLast = (block: Block): boolean =>
  block.kind === 'verbatim' || (block.kind === 'paragraph' && block.steps !== undefined);

function linesOf(block: Exclude<Block, { kind: 'nodes' }>, page: Page): string[] {
  const { colors, width } = page;
  switch (block.kind) {
    case 'list':
      return block.lines.flatMap((line, index) => {
        const title = colors.dim((index === 0 ? block.title : '').padEnd(titleWidth));
        return folded(line, width, `  ${title} `, ' '.repeat(titleWidth + 5));
      });
    case 'table':
      return tableLines(block, page);
    case 'verbatim':
      return block.lines;
    case 'paragraph':
      return [
        ...wrapped(paint(block.title, page), width, '', '  '),
        ...block.lines.flatMap((line) => folded(line, width, '  ', '    ')),
        ...(block.steps ?? []).flatMap(({ text, commands }, index) => [
          ...(index === 0 ? [''] : []),
          ...wrapped(`${index + 1}. ${text}`, width, '', '   '),
          ...commands.map((command) => `     ${colors.cyan(oneLine(command))}`),
        ]),
      ];
  }
}

/** A line folded at this width; a command is not. */
function folded(line: Line, width: number, first: string, rest: string): string[] {
  if (typeof line === 'string') return wrapped(line, width, first, rest);
  const { text, command } = line;
  const whole = oneLine(adviceText(line));
  if (command === undefined || lengthOf(first) + lengthOf(whole) <= width) {
    return wrapped(whole, width, first, rest);
  }
  return [...wrapped(`${text}:`, width, first, rest), rest + oneLine(command)];
}

/** A table without the columns that do not fit, as far as it can do without them. */
function tableLines({ columns, rows, spare = [] }: Extract<Block, { kind: 'table' }>, page: Page): string[] {
  const painted = rows.map((row) => row.map((cell) => paint(cell, page)));
  for (let count = 0; ; count += 1) {
    const without = spare.slice(0, count);
    const kept = (row: string[]): string[] =>
      row.filter((_, index) => !without.includes(columns[index] ?? ''));
    const lines = table([kept(columns), ...painted.map(kept)], page.colors.dim);
    if (count >= spare.length || lines.every((line) => lengthOf(line) <= page.width)) return lines;
  }
}
