/** Many nodes on a terminal: the counts, a table with what needs action first, and what to do. */
import { oneLine } from '../../text/escape.ts';
import { type Advice, adviceText } from '../../text/message.ts';
import { lengthOf, shortened, table, wrapped } from '../../text/table.ts';
import type { Block, Cell, NodeRow } from '../document.ts';
import { adviceOf, countsOf, examples, groupsOf, hintNames, type NodeGroup, sortedNodes } from './nodes.ts';
import { type Page, paint } from './terminal.ts';

/** A column narrower than this has no room for a sentence. */
const narrowest = 32;
const gap = 2;
/** of a group */
const mostNames = 4;
const mostAdvice = 8;

interface Columns {
  names: string[];
  rows: { cells: Cell[]; why: string }[];
  /** what a narrow terminal does without, the first one first */
  spare: string[];
}

/**
 * @param said what stands above: it is not repeated
 * @param next what the report says to do, below: it is not repeated
 */
export function nodesLines(
  { nodes, isWide }: Extract<Block, { kind: 'nodes' }>,
  page: Page,
  said: string,
  next: readonly Advice[],
): string[] {
  const groups = groupsOf(nodes);
  const counts = countsOf(nodes).map(({ count, state, outcome }) => ({
    text: shortened(`${count} ${state}`, page.width - gap - 1),
    outcome,
  }));
  const isSaid = counts.every(({ text }) => ` ${said}`.includes(` ${text}`));
  const columns = isWide ? eachNode(nodes) : grouped(groups, page.width);
  return [
    ...(isSaid || counts.length === 0
      ? []
      : [...wrapped(counts.map((each) => paint(each, page)).join(', '), page.width, '', '  '), '']),
    ...tableLines(columns, page),
    ...adviceLines(groups, page, new Set(next.map(({ text }) => text))),
  ];
}

function grouped(groups: readonly NodeGroup[], width: number): Columns {
  const room = Math.max(20, Math.floor(width / 3));
  const hasMany = groups.some(({ nodes }) => nodes.length > 1);
  const names = hasMany ? ['RESULT', 'COUNT', 'NODES'] : ['RESULT', 'NODE'];
  return withoutEmpty({
    names: [...names, 'KUBELET', 'OS'],
    rows: groups.map(({ outcome, state, message, nodes, kubelet, os }) => ({
      cells: [
        { text: state, outcome },
        ...(hasMany ? [String(nodes.length)] : []),
        named(nodes, room),
        kubelet ?? '',
        os ?? '',
      ],
      why: message,
    })),
    spare: ['OS', 'KUBELET'],
  });
}

/** As many names as there is room for, but one. */
function named(nodes: readonly NodeRow[], room: number): string {
  for (let most = mostNames; most > 1; most -= 1) {
    const text = examples(nodes, most);
    if (text.length <= room) return text;
  }
  return examples(nodes, 1);
}

function eachNode(nodes: readonly NodeRow[]): Columns {
  const titles = hintNames.map((name) => name.toUpperCase());
  return withoutEmpty({
    names: ['NODE', 'RESULT', ...titles],
    rows: sortedNodes(nodes).map(({ name, state, outcome, message, hints }) => ({
      cells: [name, { text: state, outcome }, ...hintNames.map((hint) => hints[hint] ?? '')],
      why: message,
    })),
    spare: titles.toReversed(),
  });
}

/** Without the columns of which no row has anything. */
function withoutEmpty({ names, rows, spare }: Columns): Columns {
  return without({ names, rows, spare }, (index) => rows.every(({ cells }) => cells[index] === ''));
}

function without({ names, rows, spare }: Columns, drop: (index: number) => boolean): Columns {
  const kept = <T>(row: T[]): T[] => row.filter((_, index) => !drop(index));
  return {
    names: kept(names),
    rows: rows.map(({ cells, why }) => ({ cells: kept(cells), why })),
    spare: spare.filter((name) => !drop(names.indexOf(name))),
  };
}

/** The reason has the last column, folded; where there is no room for it, it stands below. */
function tableLines(columns: Columns, page: Page): string[] {
  const { names, rows } = columns;
  const width = page.width;
  const widths = widthsOf(columns);
  const [last] = columns.spare;
  if (last !== undefined && total(widths) > width) {
    return tableLines(
      without(columns, (index) => names[index] === last),
      page,
    );
  }
  const most = capOf(widths, width);
  const painted = rows.map(({ cells }) =>
    cells.map((each) =>
      typeof each === 'string'
        ? shortened(oneLine(each), most)
        : paint({ ...each, text: shortened(oneLine(each.text), most) }, page),
    ),
  );
  const lines = table([names, ...painted]);
  const used = Math.max(...lines.map(lengthOf));
  const isBeside = width - used - gap >= narrowest;
  const left = isBeside ? used + gap : 4;
  return lines.flatMap((line, index) => {
    if (index === 0) return [page.colors.dim(isBeside ? `${line.padEnd(left)}WHY` : line)];
    const words = oneLine(rows[index - 1]?.why ?? '')
      .split(/\s+/)
      .map((word) => shortened(word, width - left));
    const first = isBeside ? line + ' '.repeat(left - lengthOf(line)) : ' '.repeat(left);
    const folded = wrapped(words.join(' '), width, first, ' '.repeat(left)).map((each) => each.trimEnd());
    return isBeside ? folded : [line, ...folded.filter((each) => each !== '')];
  });
}

const widthsOf = ({ names, rows }: Columns): number[] =>
  names.map((name, index) =>
    rows.reduce((widest, { cells }) => {
      const each = cells[index] ?? '';
      return Math.max(widest, lengthOf(oneLine(typeof each === 'string' ? each : each.text)));
    }, name.length),
  );

const total = (widths: readonly number[], most = Number.POSITIVE_INFINITY): number =>
  widths.reduce((sum, each) => sum + Math.min(each, most), gap * (widths.length - 1));

/** How wide a column can be where all are to fit; the narrower ones keep what they need. */
function capOf(widths: readonly number[], width: number): number {
  let most = Math.max(...widths);
  while (most > 8 && total(widths, most) > width) most -= 1;
  return most;
}

/** What to do on which node, as far as the report does not say it below. */
function adviceLines(groups: readonly NodeGroup[], page: Page, said: ReadonlySet<string>): string[] {
  const all = adviceOf(groups).filter(({ text }) => !said.has(text));
  const shown = all.slice(0, mostAdvice).flatMap(({ name, others, text, command }) => {
    const where = others === 0 ? name : `${name} and ${others} more`;
    const whole = oneLine(adviceText({ text: `${where}: ${text}`, command }));
    if (command === undefined || whole.length + 2 <= page.width)
      return wrapped(whole, page.width, '  ', '    ');
    return [...wrapped(`${where}: ${text}:`, page.width, '  ', '    '), `      ${oneLine(command)}`];
  });
  if (shown.length === 0) return [];
  const rest = all.length - mostAdvice;
  return [
    '',
    'To do on nodes:',
    ...shown,
    ...(rest > 0 ? [`  and ${rest} more (--format json has all)`] : []),
  ];
}
