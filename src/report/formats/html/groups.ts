/** The list of many nodes: groups of equals with the evidence that they share, and each node with its own. */

import { adviceText } from '../../../text/message.ts';
import type { NodeRow } from '../../document.ts';
import { common, evidenceOf, type NodeGroup } from '../nodes.ts';
import { adviceList } from './blocks.ts';
import { counted, html, type Markup, nothing, shape } from './markup.ts';

/** Groups with more nodes are closed where nothing is to be done about them. */
const mostOpen = 60;

const otherHints = ['runtime', 'kernel', 'architecture'] as const;

/** @param numberOf the number of a node, which its square leads to */
export const groupCards = (groups: readonly NodeGroup[], numberOf: ReadonlyMap<NodeRow, number>): Markup =>
  html`<section id=nodes aria-labelledby=list>
<div class="top bar"><h2 id=list>Nodes in ${counted(groups.length, 'group')}</h2>
<div class="find scripted"><label for=search>Search</label><input id=search type=search autocomplete=off spellcheck=false placeholder="name, reason, version"></div></div>
<p role=status></p>
${groups.map((group) => groupCard(group, numberOf))}</section>
`;

function groupCard(group: NodeGroup, numberOf: ReadonlyMap<NodeRow, number>): Markup {
  const { outcome, state, message, kubelet, os, nodes } = group;
  const { shared, own } = evidenceOf(nodes);
  const said = otherHints.map((hint) => ({ hint, text: common(nodes, ({ hints }) => hints[hint] ?? '') }));
  const hints = [
    kubelet === undefined ? '' : `kubelet ${kubelet}`,
    os ?? '',
    ...said.map(({ hint, text }) => (text && hint === 'kernel' ? `kernel ${text}` : (text ?? ''))),
  ].filter(Boolean);
  const columns = said.flatMap(({ hint, text }) => (text === null ? [hint] : []));
  const [first] = nodes;
  const many = nodes.length === 1 ? (first?.name ?? '') : counted(nodes.length, 'node');
  const isOpen = outcome !== 'good' || nodes.length <= mostOpen ? html` open` : nothing;
  return html`<article class="card group ${outcome}">
<div class=head><h3>${shape(outcome)} <b>${state}</b> · <span class=name>${many}</span></h3></div>
${message === '' ? nothing : html`<p class=why>${message}</p>`}
${hints.length === 0 ? nothing : html`<p class=hints>${hints.join(' · ')}</p>`}
${shared.length === 0 ? nothing : evidence(shared, nodes.length)}
${first && first.next.length > 0 ? advice(first, nodes.length > 1) : nothing}
<details class=members${isOpen}><summary>${nodes.length === 1 ? 'The node' : `The ${many}`}</summary>
${
  columns.length === 0 && own.every((lines) => lines.length === 0)
    ? html`<ul class=names>${nodes.map((node) => html`<li id=n${numberOf.get(node) ?? 0}>${node.name}`)}</ul>`
    : table(nodes, own, columns, numberOf)
}</details>
</article>
`;
}

const evidence = (lines: readonly string[], count: number): Markup =>
  html`<details open><summary>Evidence${count === 1 ? '' : ' that they share'}</summary>
<ul class="evidence shared">${lines.map((line) => html`<li>${line}`)}</ul></details>`;

/** What to do about the first of them; about the others it is the same, with their names. */
const advice = ({ name, next }: NodeRow, hasMore: boolean): Markup =>
  html`<div class=todo data-for="${name}">${
    hasMore && next.some((each) => adviceText(each).includes(name))
      ? html`<p class=hints>For ${name}, and likewise for each:</p>`
      : nothing
  }${adviceList(next)}</div>`;

function table(
  nodes: readonly NodeRow[],
  own: readonly string[][],
  columns: readonly (typeof otherHints)[number][],
  numberOf: ReadonlyMap<NodeRow, number>,
): Markup {
  const hasOwn = own.some((lines) => lines.length > 0);
  return html`<div class=scroll><table><thead><tr><th scope=col>Node${columns.map(
    (name) => html`<th scope=col>${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
  )}${hasOwn ? html`<th scope=col>Evidence of its own` : nothing}</thead><tbody>${nodes.map(
    (node, index) => html`
<tr id=n${numberOf.get(node) ?? 0}><th scope=row>${node.name}${columns.map(
      (name) => html`<td>${node.hints[name] ?? ''}`,
    )}${hasOwn ? html`<td class=own>${lines(own[index] ?? [])}` : nothing}`,
  )}</tbody></table></div>`;
}

const lines = (own: readonly string[]): Markup =>
  own.length < 2 ? html`${own}` : html`<ul>${own.map((line) => html`<li>${line}`)}</ul>`;
