/** Whether an expression as a whole is a util-linux with the fix, or the patch. */
import type { Node } from './expression.ts';
import { bare, called, selected } from './nix.ts';
import { fetchesPatch, isOverrideOfUtilLinux, marksOf, type Scope } from './scope.ts';
import type { Mark, SightingKind } from './sighting.ts';

/** Kinds of marks that show the fix where they stand; the others do so only in a place that reaches kubelet. */
export const direct = (marks: Mark[]): Mark[] =>
  marks.filter(({ kind }) => kind === 'patch' || kind === 'with-patches' || kind === 'version');

/** A value that as a whole is a util-linux with the fix, or the patch. */
export function kindOfValue(given: Node, scope: Scope): SightingKind | null {
  const value = bare(given);
  if (value.type === 'if_expression') {
    const [yes, no] = [value.childForFieldName('consequence'), value.childForFieldName('alternative')];
    return (yes && kindOfValue(yes, scope)) ?? (no && kindOfValue(no, scope)) ?? null;
  }
  const has = (kind: Mark['kind']): boolean => marksOf(value, scope).some((mark) => mark.kind === kind);
  if (selected(value)) return has('with-patches') ? 'with-patches' : null;
  const call = called(value);
  if (!call) return null;
  if (isOverrideOfUtilLinux(call.function)) {
    const marks = marksOf(value, scope);
    return direct(marks).length > 0 || marks.some((mark) => isFix(mark, scope)) ? 'package' : null;
  }
  return fetchesPatch(call.function) && has('patch') ? 'patch' : null;
}

/** A name that stands for the fix itself, not for another nixpkgs. */
const isFix = ({ kind, detail }: Mark, scope: Scope): boolean =>
  kind === 'named' && direct(scope.fixed.get(detail) ?? scope.known.fixed.get(detail) ?? []).length > 0;
