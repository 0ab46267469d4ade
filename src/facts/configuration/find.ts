/** Finds in one file what was written because of the defect. */

import { overriddenPackage } from './distribution-packages.ts';
import { type Node, parts } from './expression.ts';
import { bare, called, functionName, lineOf, namesOf, selected } from './nix.ts';
import { foreignOf, marksOf, resolved, type Scope } from './scope.ts';
import { settingIn } from './settings.ts';
import type { Mark, Removal, Sighting, SightingKind } from './sighting.ts';
import { direct, kindOfValue, removalsOf, withoutPatched } from './values.ts';
import { utilLinuxNames } from './words.ts';

interface Place {
  scope: Scope;
  /** our own files, from the directory */
  generated: ReadonlySet<string>;
  /** the attributes that lead here, as far as this file says */
  path: (string | null)[];
  /** in the set that an overlay returns */
  isOverlay: boolean;
}

/** @param generated our own files, from the directory */
export const findIn = (root: Node, scope: Scope, generated: ReadonlySet<string>): Sighting[] =>
  visit(root, { scope, generated, path: [], isOverlay: false });

const inside = (node: Node, place: Place): Sighting[] => parts(node).flatMap((child) => visit(child, place));

function seen(
  kind: SightingKind,
  node: Node,
  { scope: { file } }: Place,
  more: Partial<Sighting> & Pick<Sighting, 'marks' | 'removals'>,
): Sighting[] {
  const unknown = { unit: null, distribution: null, name: null, isForced: false, bound: null };
  return [{ ...unknown, kind, file, line: lineOf(node), ...more }];
}

function visit(node: Node, place: Place): Sighting[] {
  switch (node.type) {
    case 'binding':
      return visitBinding(node, place);
    case 'inherit_from':
      return visitInherit(node, place);
    case 'list_expression':
      return parts(node).flatMap((entry) => visitEntry(entry, place));
    case 'function_expression':
      return visitFunction(node, place);
    case 'apply_expression':
      return visitCall(node, place);
    case 'select_expression': {
      const marks = direct(selected(node) ? marksOf(node, place.scope) : []);
      const isUsed = marks.some(({ kind }) => kind === 'with-patches');
      return isUsed
        ? seen('with-patches', node, place, { marks, removals: withoutPatched(node) })
        : inside(node, place);
    }
    default:
      return inside(node, place);
  }
}

/** final: prev: { … }, or packageOverrides = pkgs: { … }. */
function visitFunction(node: Node, place: Place): Sighting[] {
  const body = node.childForFieldName('body');
  const isSecond = node.parent?.type === 'function_expression';
  const isOverlay = isSecond || place.path.at(-1) === 'packageOverrides' || place.isOverlay;
  return body ? visit(body, { ...place, path: [], isOverlay }) : [];
}

const isUtilLinux = (name: string | null): name is string => name !== null && utilLinuxNames.includes(name);

function visitBinding(node: Node, place: Place): Sighting[] {
  const { scope } = place;
  const own = namesOf(node.childForFieldName('attrpath'), scope.texts);
  const value = node.childForFieldName('expression');
  if (!value) return [];
  const isLet = node.parent?.parent?.type === 'let_expression';
  const path = isLet ? own : [...place.path, ...own];
  const removals: Removal[] = [{ how: 'binding', start: node.startIndex, end: node.endIndex }];
  const setting = isLet ? null : settingIn(path, value, removals, scope);
  if (setting) return seen(setting.kind, node, place, setting);
  const ours = generatedIn(bare(value), place);
  if (ours !== null) return seen('generated-import', node, place, { marks: [], removals: null, name: ours });
  const name = own.at(-1) ?? null;
  const isReplacing = own.length === 1 && isUtilLinux(name) && !/attrset/.test(bare(value).type);
  const bound = isLet ? 'let' : place.isOverlay && !isReplacing ? 'added' : null;
  if (isReplacing) {
    const marks = marksOf(value, scope);
    const isReplaced = place.isOverlay && !isLet;
    if (marks.length > 0 && (isReplaced || direct(marks).length > 0))
      return seen(isReplaced ? 'overlay' : 'package', node, place, {
        ...{ marks, name, bound },
        removals: removalsOf(value, removals, scope),
      });
  }
  const kind = kindOfValue(value, scope);
  if (kind) {
    // Where nothing names it, its place keeps the plain one.
    const plain = kind === 'with-patches' && bound === null ? withoutPatched(value) : null;
    const own = plain ?? removalsOf(value, removals, scope);
    return seen(kind, node, place, { marks: marksOf(value, scope), removals: own, name, bound });
  }
  return visit(value, { ...place, path });
}

/** inherit (other) util-linux; */
function visitInherit(node: Node, place: Place): Sighting[] {
  const from = node.childForFieldName('expression');
  const names = namesOf(node.childForFieldName('attrs'));
  const input = from && place.isOverlay ? foreignOf(from, place.scope) : null;
  const name = names.find(isUtilLinux);
  if (input === null || name === undefined) return [];
  const removals: Removal[] = [{ how: 'binding', start: node.startIndex, end: node.endIndex }];
  const marks: Mark[] = [{ kind: 'foreign', detail: input }];
  return seen('overlay', node, place, { marks, removals: names.every(isUtilLinux) ? removals : null, name });
}

function visitEntry(node: Node, place: Place): Sighting[] {
  const entry = bare(node);
  const removals: Removal[] = [{ how: 'entry', start: node.startIndex, end: node.endIndex }];
  const ours = generatedIn(entry, place);
  if (ours !== null) return seen('generated-import', node, place, { marks: [], removals, name: ours });
  const kind = kindOfValue(entry, place.scope);
  if (kind) {
    // Whatever the list is for, it keeps a util-linux.
    const own = kind === 'patch' ? removals : withoutPatched(entry);
    return seen(kind, node, place, { marks: marksOf(entry, place.scope), removals: own });
  }
  const isPatch = entry.type === 'path_expression' && /patch/i.test(place.path.at(-1) ?? '');
  const marks = isPatch ? direct(marksOf(entry, place.scope)) : [];
  return marks.length > 0 ? seen('patch', node, place, { marks, removals }) : visit(node, place);
}

/** The file of ours that an entry of imports or overlays is; null if it is none. */
function generatedIn(entry: Node, { scope, generated }: Place): string | null {
  const call = called(entry);
  const [argument] = call && functionName(call.function) === 'import' ? call.args : [entry];
  const target = argument && bare(argument);
  if (target?.type !== 'path_expression') return null;
  const file = resolved(target.text, scope.file);
  return generated.has(file) ? file : null;
}

function visitCall(node: Node, place: Place): Sighting[] {
  const overridden = overriddenPackage(node, place.scope);
  if (overridden) return seen('distribution-package', node, place, overridden);
  const kind = kindOfValue(node, place.scope);
  if (kind) return seen(kind, node, place, { marks: marksOf(node, place.scope), removals: null });
  return inside(node, place);
}
