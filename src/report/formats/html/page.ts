/**
 * As one page for a browser: it asks no network for anything, and can be read without its script, printed, or sent on.
 * Its own style and script are the only ones that the browser accepts in it.
 */
import base from '../../../../templates/report/base.css';
import dialog from '../../../../templates/report/dialog.css';
import list from '../../../../templates/report/list.js';
import nodesStyle from '../../../../templates/report/nodes.css';
import script from '../../../../templates/report/page.js';
import picture from '../../../../templates/report/picture.css';
import text from '../../../../templates/report/text.css';
import { printable } from '../../../text/escape.ts';
import type { Document, NodeRow } from '../../document.ts';
import { isTabled } from '../judged.ts';
import { groupsOf } from '../nodes.ts';
import { adviceList, blockCards, findingsCard } from './blocks.ts';
import { groupCards } from './groups.ts';
import { html, Markup, nothing, shape } from './markup.ts';
import { pictureCard } from './picture.ts';

const styles = [base, text, picture, nodesStyle, dialog];
const scripts = [script, list];

/** A document as a page; one with a block of nodes begins with their picture. */
export function page(unsafe: Document): string {
  const document = printable({ ...unsafe, published: {} });
  const nodes = document.blocks.flatMap((block) => (block.kind === 'nodes' ? block.nodes : []));
  const hasNodes = nodes.length > 0;
  const title = `${document.headline} – subpathfix ${document.command}`;
  return html`<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="${policy(hasNodes)}">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<title>${title}</title>
${styles.map(
  (each) => html`<style>${new Markup(each.text)}</style>
`,
)}</head>
<body>
${hasNodes ? html`<a class=skip href=#nodes>Skip to the list of nodes</a>` : nothing}
${head(document)}<main>
${body(document, nodes)}</main>
<footer>Made by subpathfix ${document.command}. This page is complete: it loads nothing from anywhere.</footer>
${
  hasNodes
    ? html`${frame}${scripts.map(
        (each) => html`<script type=module>${new Markup(each.text)}</script>
`,
      )}`
    : nothing
}</body>
</html>
`.text;
}

/** Nothing but what is in the page. A page without nodes has no script. */
function policy(hasScript: boolean): string {
  const quoted = (hashes: string[]): string => hashes.map((hash) => `'${hash}'`).join(' ');
  return [
    "default-src 'none'",
    `style-src ${quoted(styles.map(({ hash }) => hash))}`,
    ...(hasScript ? [`script-src ${quoted(scripts.map(({ hash }) => hash))}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function head({ command, headline, outcome, message }: Document): Markup {
  return html`<header>
<p class=command>subpathfix ${command}</p>
<h1>${shape(outcome)}<span>${headline}</span></h1>
${message === '' ? nothing : html`<p>${message}</p>`}
</header>
`;
}

function body(document: Document, nodes: readonly NodeRow[]): Markup {
  const { findings, blocks, notes, next } = document;
  const groups = groupsOf(nodes);
  const numberOf = new Map(groups.flatMap((group) => group.nodes).map((node, index) => [node, index + 1]));
  const plain = blocks.flatMap((block) =>
    block.kind === 'nodes' || block.only === 'terminal' ? [] : [block],
  );
  const isTold = findings.length < 2 || blocks.some((block) => isTabled(block, document));
  return html`${nodes.length === 0 ? nothing : pictureCard(numberOf)}${
    next.length === 0
      ? nothing
      : html`<section class="card todo"><h2>What to do</h2>${adviceList(next)}</section>
`
  }${isTold ? nothing : findingsCard(findings)}${blockCards(plain)}${
    nodes.length === 0 ? nothing : groupCards(groups, numberOf)
  }${
    notes.length === 0
      ? nothing
      : html`<section class=card><h2>Notes</h2><ul>${notes.map(({ text }) => html`<li>${text}</li>`)}</ul></section>
`
  }`;
}

/** Where the script shows the evidence of one node. */
const frame = html`<dialog aria-labelledby=which><h2 id=which tabindex=-1></h2>
<button type=button class=close>Close</button><div class=body></div><p><a class=to-list href=#nodes>Show it in the list</a></p></dialog>
`;
