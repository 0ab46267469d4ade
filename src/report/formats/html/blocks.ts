/** The parts of a document but for its nodes, as markup. */
import type { Block, Cell, Document, Line } from '../../document.ts';
import { html, type Markup, nothing, shape } from './markup.ts';

type Plain = Exclude<Block, { kind: 'nodes' }>;

/** What was found, each with its evidence. */
export const findingsCard = (findings: Document['findings']): Markup => html`<section class=card>
<h2>What was found</h2>
<ul class=findings>${findings.map(
  ({ title, outcome, state, message, details, seconds }) => html`
<li>${shape(outcome)}<div><p><strong>${title}</strong>: ${state}${seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`}</p>
${message === '' ? nothing : html`<p>${message}</p>`}${
  details.length === 0 ? nothing : html`<ul class=evidence>${details.map((each) => html`<li>${each}`)}</ul>`
}</div>`,
)}
</ul>
</section>
`;

/** The blocks in their order; lists that follow each other are one card. */
export function blockCards(blocks: readonly Plain[]): Markup {
  const cards: (Exclude<Plain, { kind: 'list' }> | Extract<Plain, { kind: 'list' }>[])[] = [];
  for (const block of blocks) {
    const last = cards.at(-1);
    if (block.kind !== 'list') cards.push(block);
    else if (Array.isArray(last)) last.push(block);
    else cards.push([block]);
  }
  return html`${cards.map((card) => (Array.isArray(card) ? listsCard(card) : blockCard(card)))}`;
}

const listsCard = (lists: Extract<Plain, { kind: 'list' }>[]): Markup => html`<section class=card>
<h2>Evidence</h2>
<dl>${lists.map(
  ({ title, lines }) => html`
<dt>${title}</dt><dd>${lines.map((line) => html`<p>${lineOf(line)}</p>`)}</dd>`,
)}
</dl>
</section>
`;

function blockCard(block: Exclude<Plain, { kind: 'list' }>): Markup {
  switch (block.kind) {
    case 'table':
      return html`<section class="card scroll" tabindex=0 aria-label="Table">${tableOf(block)}</section>
`;
    case 'verbatim':
      return html`<section class=card><h2>${block.title}</h2>
<pre tabindex=0>${block.lines.join('\n')}</pre></section>
`;
    case 'paragraph':
      return html`<section class=card><h2>${cellOf(block.title)}</h2>
${block.lines.map((line) => html`<p>${lineOf(line)}</p>`)}${
  block.steps === undefined
    ? nothing
    : html`<ol class=steps>${block.steps.map(
        ({ text, commands }) => html`<li>${text}${commands.map((each) => html`<code>${each}</code>`)}</li>`,
      )}</ol>`
}</section>
`;
  }
}

const tableOf = ({ columns, rows }: Extract<Plain, { kind: 'table' }>): Markup => html`<table>
<thead><tr>${columns.map((name) => html`<th scope=col>${sentence(name)}`)}</thead>
<tbody>${rows.map(
  ([first = '', ...cells]) =>
    html`<tr><th scope=row>${cellOf(first)}${cells.map((each) => html`<td>${cellOf(each)}`)}
`,
)}</tbody>
</table>`;

/** As in a sentence: a terminal has titles in capitals. */
const sentence = (title: string): string => title.slice(0, 1) + title.slice(1).toLowerCase();

const cellOf = (cell: Cell): Markup =>
  typeof cell === 'string' ? html`${cell}` : html`${shape(cell.outcome)} ${cell.text}`;

function lineOf(line: Line): Markup {
  if (typeof line === 'string') return html`${line}`;
  return html`${line.text}${line.command === undefined ? nothing : html`: <code>${line.command}</code>`}`;
}

/** What to do, with its commands on lines of their own. */
export const adviceList = (lines: readonly { text: string; command?: string | undefined }[]): Markup =>
  html`<ul>${lines.map(
    ({ text, command }) =>
      html`<li>${text}${command === undefined ? nothing : html`<code>${command}</code>`}</li>`,
  )}</ul>`;
