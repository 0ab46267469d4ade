/** Markup of HTML. What is put into it is text, unless it is markup itself. */
import { xmlText } from '../../../text/escape.ts';
import type { Outcome } from '../../document.ts';

/** The only text that goes into a page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = string | number | Markup | readonly Content[];

/** Markup with these values as text; an attribute with a value from outside is in double quotes. */
export const html = (strings: TemplateStringsArray, ...values: Content[]): Markup =>
  new Markup(
    strings.map((each, index) => each + (index < values.length ? textOf(values[index] ?? '') : '')).join(''),
  );

function textOf(value: Content): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join('');
  return xmlText(String(value));
}

export const nothing = html``;

/** The shape of an outcome: for the eyes alone, its word stands beside it. */
export const shape = (outcome: Outcome): Markup => html`<span class="s ${outcome}" aria-hidden=true></span>`;

/** A number as people read it: 5,000. */
export const counted = (count: number, word = ''): string =>
  `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')}${word === '' ? '' : ` ${word}${count === 1 ? '' : 's'}`}`;
