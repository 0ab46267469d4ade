/** The elements of a list that is put together from others. */
import { type Fact, NotUnderstood } from '../fact.ts';
import { both, negated } from './conditions.ts';
import type { Form, Thunk } from './forms.ts';

export interface Element {
  value: Thunk;
  /** whether it is in the list; null: without a condition */
  applies: Fact<boolean> | null;
}

/**
 * Every element that the list can have.
 * @throws {NotUnderstood} for what is no list: it could hold anything
 */
export function elements(form: Form, under: Fact<boolean> | null = null): Element[] {
  switch (form.kind) {
    case 'list':
      return form.items.map((value) => ({ value, applies: under }));
    case 'joined':
      return [...elements(form.left(), under), ...elements(form.right(), under)];
    case 'choice': {
      const sides = [
        [form.yes, form.condition],
        [form.no, negated(form.condition)],
      ] as const;
      return sides.flatMap(([side, when]) => elements(side(), under ? both(under, when) : when));
    }
    case 'absent':
      return [];
    case 'unread':
      throw new NotUnderstood(form.reason);
    case 'name':
      throw new NotUnderstood(`what ${form.name} lists is not known`);
    case 'call':
      throw new NotUnderstood(`${form.line}: what ${form.name} lists is not known`);
    default:
      throw new NotUnderstood(`a ${form.kind} stands where a list is expected`);
  }
}

/** The elements of a list whose every condition is known; null for any other. */
export function certain(form: Form): Thunk[] | null {
  try {
    const found = elements(form);
    if (found.some(({ applies }) => applies && !applies.known)) return null;
    return found.filter(({ applies }) => !applies?.known || applies.value).map(({ value }) => value);
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
}
