/** Nodes whose role runs no kubelet: nothing on them makes the mounts that the defect breaks. */
import { distributions } from '../../distributions/index.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
import type { Running } from './kubelet.ts';
import type { Unit } from './unit.ts';

/** Known only where no kubelet runs, and its unit starts none either: a unit can have changed since it was started. */
export function needsNone({ kubelet }: Running, unit: Fact<Unit>): Facts['noKubelet'] {
  if (kubelet.known || kubelet.unreadable) return unknown('not-applicable', 'a kubelet is running');
  if (!unit.known) return unit;
  const { files, name } = unit.value;
  const why = startsNone(unit.value);
  return why === null
    ? unknown('not-applicable', `${name} starts a kubelet`)
    : known(why, `no kubelet is running, and ${files[0] ?? name}`);
}

/** Why what a unit starts runs no kubelet, by its command line; null if it does. */
export function startsNone({ distribution, exec }: Unit): string | null {
  if (distribution === null) return null;
  const { roleIn, withoutKubelet } = distributions[distribution];
  return withoutKubelet?.[roleIn(exec) ?? ''] ?? null;
}
