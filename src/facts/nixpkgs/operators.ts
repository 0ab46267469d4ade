/** What two forms give together. */
import { both, condition, either, equal, negated } from './conditions.ts';
import { type Form, settled, string, type Thunk } from './forms.ts';
import { merged } from './sets.ts';

/**
 * @param text the whole expression, for messages
 * @returns null for an operator that does not occur in what is read: arithmetic and comparisons
 */
export function operate(operator: string, left: Thunk, right: Thunk, text: string): Form | null {
  const sides = () => [condition(left()), condition(right())] as const;
  switch (operator) {
    case '++':
      return { kind: 'joined', left, right };
    case '//':
      return merged(left(), right());
    case '+':
      return added(left(), right());
    case '&&':
      return { kind: 'boolean', holds: both(...sides()) };
    case '||':
      return { kind: 'boolean', holds: either(...sides()) };
    case '->': {
      const [premise, conclusion] = sides();
      return { kind: 'boolean', holds: either(negated(premise), conclusion) };
    }
    case '==':
      return { kind: 'boolean', holds: equal(left(), right(), text) };
    case '!=':
      return { kind: 'boolean', holds: negated(equal(left(), right(), text)) };
    default:
      return null;
  }
}

/** The pieces of a string; one that is not known for anything else. */
export function piecesOf(given: Form): (string | null)[] {
  const form = settled(given);
  return form.kind === 'string' ? form.pieces : [null];
}

const added = (left: Form, right: Form): Form =>
  left.kind === 'path' ? { ...left, path: null } : string(...piecesOf(left), ...piecesOf(right));
