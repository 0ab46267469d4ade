/** Whether an expression as a whole is a util-linux with the fix, or the patch. */
import type { Node } from './expression.ts';
import { bare, called, selected } from './nix.ts';
import { fetchesPatch, isOverrideOfUtilLinux, marksOf, type Scope } from './scope.ts';
import type { Mark, Removal, SightingKind } from './sighting.ts';

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

/** What another version needs besides its number. */
const ofVersion = [
  'version',
  'src',
  'hash',
  'sha256',
  'url',
  'name',
  'pname',
  'rev',
  'owner',
  'repo',
  'patches',
];

/**
 * How such a value is taken out without what else it changes.
 * @param whole how all of it is
 */
export function removalsOf(given: Node, whole: Removal[], scope: Scope): Removal[] | null {
  const value = bare(given);
  const call = called(value);
  if (!call || !isOverrideOfUtilLinux(call.function)) return whole;
  const names = call.args.flatMap((argument) =>
    argument.descendantsOfType('binding').map((each) => each.childForFieldName('attrpath')?.text ?? ''),
  );
  const isVersion = marksOf(value, scope).some(({ kind }) => kind === 'version');
  const allowed = isVersion ? ofVersion : ['patches', 'url', 'hash', 'sha256', 'name'];
  const isFixEntry = (entry: Node): boolean =>
    marksOf(entry, scope).some((mark) => direct([mark]).length > 0 || isFix(mark, scope));
  const entries = call.args.flatMap((argument) =>
    argument
      .descendantsOfType('list_expression')
      .filter((list) => !list.parent || !isInFetch(list.parent))
      .flatMap(({ children }) => children),
  );
  const fixes = entries.filter(isFixEntry);
  if (fixes.length === entries.length && names.every((name) => allowed.includes(name))) return whole;
  if (isVersion || fixes.length === 0) return null;
  return fixes.map(({ startIndex, endIndex }) => ({ how: 'entry', start: startIndex, end: endIndex }));
}

/** Whether a node is in the arguments of a call that fetches a patch. */
function isInFetch(node: Node): boolean {
  for (let each: Node | null = node; each; each = each.parent) {
    const call = called(each);
    if (call && fetchesPatch(call.function)) return true;
  }
  return false;
}

/** util-linux.withPatches, as the util-linux that it is without. */
export function withoutPatched(node: Node): Removal[] | null {
  const value = bare(node);
  const plainText = value.text.replace(/\.withPatches\b/, '');
  if (!selected(value) || plainText === value.text) return null;
  return [{ how: 'replace', start: value.startIndex, end: value.endIndex, replacement: plainText }];
}
