/** The picture of many nodes: each a small shape, in rooms by kubelet; a script can arrange them by system. */
import type { NodeRow, Outcome } from '../../document.ts';
import { byUrgency, countsOf } from '../nodes.ts';
import { counted, html, type Markup, nothing, shape } from './markup.ts';

/** How large a square is, by how many there are. */
const sizes: readonly [upTo: number, name: string][] = [
  [400, 'few'],
  [1500, 'some'],
];

/** @param numberOf the place of each node in the list, which its square leads to; in the order of the list */
export function pictureCard(numberOf: ReadonlyMap<NodeRow, number>): Markup {
  const nodes = [...numberOf.keys()];
  const size = sizes.find(([upTo]) => nodes.length <= upTo)?.[1] ?? 'many';
  const hasKubelets = nodes.some(({ hints }) => hints.kubelet);
  const hasBoth = hasKubelets && nodes.some(({ hints }) => hints.os);
  const kubelets = roomsOf(nodes, ({ hints }) => hints.kubelet || 'kubelet not known');
  const systems = roomsOf(nodes, ({ hints }) => hints.os || 'system not known');
  const systemOf = new Map(
    [...systems.values()].flatMap((room, index) => room.map((node) => [node, index] as const)),
  );
  const titles = [...systems].map(([name, room]) => [name, roomText(room)]);
  const square = (node: NodeRow): Markup => {
    const number = numberOf.get(node) ?? 0;
    const os = systemOf.get(node) ?? 0;
    const place = os === 0 ? nothing : html` data-os=${os}`;
    const look = node.outcome === 'good' ? nothing : html` class=${node.outcome}`;
    return html`<li${place}><a href=#n${number}${look} title="${node.name}: ${node.state}"></a>`;
  };
  return html`<section class=card aria-labelledby=picture>
<div class=top><h2 id=picture>Every node</h2>
${hasBoth ? arrangement : nothing}</div>
${chips(nodes)}
<div class=rooms data-os="${JSON.stringify(titles)}">${[...(hasKubelets ? kubelets : systems)].map(
    ([name, room]) => html`
<section class=room><h3>${name} <span>${roomText(room)}</span></h3>
<ul class="map ${size}" aria-label="${name}">${room.map(square)}</ul></section>`,
  )}
</div>
</section>
`;
}

/** By what a script arranges them. */
const arrangement = html`<fieldset class=scripted><legend>In groups by</legend>
<label class=chip><input type=radio name=by value=kubelet checked autocomplete=off>kubelet</label>
<label class=chip><input type=radio name=by value=os autocomplete=off>system</label></fieldset>`;

/** How many they are, and how many of them are not good. */
function roomText(room: readonly NodeRow[]): string {
  const counts = countsOf(room).filter(({ outcome }) => outcome !== 'good');
  return [
    counted(room.length, 'node'),
    ...counts.map(({ count, state }) => `${counted(count)} ${state}`),
  ].join(', ');
}

/** The nodes by such a text, the largest room first. */
function roomsOf(nodes: readonly NodeRow[], textOf: (node: NodeRow) => string): Map<string, NodeRow[]> {
  const rooms = new Map<string, NodeRow[]>();
  for (const node of nodes) {
    const name = textOf(node);
    const room = rooms.get(name);
    if (room) room.push(node);
    else rooms.set(name, [node]);
  }
  return new Map([...rooms].sort(([, first], [, second]) => second.length - first.length));
}

const mostStates = 3;

/** What the shapes mean, how many there are, and the choice of one: the page does it without a script. */
function chips(nodes: readonly NodeRow[]): Markup {
  const counts = countsOf(nodes);
  const chip = (outcome: Outcome): Markup => {
    const mine = counts.filter((each) => each.outcome === outcome);
    if (mine.length === 0) return nothing;
    const states = mine.slice(0, mostStates).map(({ state }) => state);
    const words = [...states, ...(mine.length > mostStates ? ['…'] : [])].join(', ');
    const count = mine.reduce((sum, each) => sum + each.count, 0);
    return html`<label class=chip><input type=radio name=only id=only-${outcome} value=${outcome} autocomplete=off>${shape(outcome)}<b>${counted(count)}</b> ${words}</label>
`;
  };
  return html`<fieldset class=chips><legend>Show</legend>
<label class=chip><input type=radio name=only value="" checked autocomplete=off><b>${counted(nodes.length)}</b> all</label>
${byUrgency.map(chip)}</fieldset>`;
}
