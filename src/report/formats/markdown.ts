/** For a CI summary or a ticket. */
import { markdownText, oneLine, printable } from '../../text/escape.ts';
import { type Block, type Cell, type Document, type Line, list } from '../document.ts';
import { isTabled } from './judged.ts';
import { nodesBlocks } from './markdown-nodes.ts';

export function markdown(document: Document): string {
  const { command, headline, message, findings, blocks, notes, next } = document;
  const results: Block = {
    kind: 'table',
    columns: ['what', 'result', 'why'],
    rows: findings.map((finding) => [finding.title, finding.state, finding.message]),
  };
  const shown = [
    ...(findings.length > 1 && !blocks.some((block) => isTabled(block, document)) ? [results] : []),
    ...blocks.filter(({ only }) => only !== 'terminal'),
    ...list(
      'Notes',
      notes.map(({ text }) => text),
    ),
  ];
  const advice = next.map((line) => `- ${safeLine(line)}`);
  const sections = [
    `## subpathfix ${command}: ${safe(headline)}`,
    safe(message),
    ...shown.map(section),
    advice.length === 0 ? '' : `### Next\n\n${advice.join('\n')}`,
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** No escape sequence and no Markdown syntax from outside gets through. */
const safe = (cell: Cell): string => markdownText(printable(typeof cell === 'string' ? cell : cell.text));

function safeLine(line: Line): string {
  if (typeof line === 'string') return safe(line);
  const { text, command } = line;
  return safe(text) + (command === undefined ? '' : `: ${code(command)}`);
}

function section(block: Block): string {
  if (block.kind === 'nodes') return nodesBlocks(block).map(section).join('\n\n');
  if (block.kind === 'table') {
    const row = (cells: Cell[]): string => `| ${cells.map(safe).join(' | ')} |`;
    const columns = block.columns.map((name) => name.toLowerCase());
    return [row(columns), `|${' --- |'.repeat(columns.length)}`, ...block.rows.map(row)].join('\n');
  }
  const lines =
    block.kind === 'verbatim'
      ? block.lines.map((line) => `    ${printable(line)}`)
      : block.lines.map((line) => `- ${safeLine(line)}`);
  const steps = block.kind === 'paragraph' ? (block.steps ?? []) : [];
  const numbered = steps.map(({ text, commands }, index) =>
    [`${index + 1}. ${safe(text)}`, ...commands.map((run) => `       ${oneLine(printable(run))}`)].join(
      '\n\n',
    ),
  );
  return [`### ${safe(block.title)}`, lines.join('\n'), numbered.join('\n')].filter(Boolean).join('\n\n');
}

/** As inline code, between more backticks than it contains in a row. */
function code(command: string): string {
  const text = oneLine(printable(command));
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${text}\`` : `${fence} ${text} ${fence}`;
}
