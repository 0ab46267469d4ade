/** Finds in one file what was written because of the defect. */

import { distributionNames } from '../../distributions/index.ts';
import type { Node } from '../nixpkgs/syntax.ts';
import { parts } from '../nixpkgs/syntax.ts';
import { pathTo } from './bindings.ts';
import { bare, called, functionName, lineOf, namesOf, selected, unmodified, walk } from './nix.ts';
import { fetchesPatch, foreignOf, isOverrideOfUtilLinux, marksOf, resolved, type Scope } from './scope.ts';
import { settingIn } from './settings.ts';
import type { Mark, OtherPackage, Removal, Sighting, SightingKind } from './sighting.ts';
import { utilLinuxNames } from './words.ts';

type Names = (string | null)[];

interface Place {
  /** the attributes that lead here, as far as this file says */
  path: Names;
  /** in the set that an overlay returns */
  isOverlay: boolean;
}

/** Kinds of marks that show the fix where they stand; the others do so only in a place that reaches kubelet. */
const direct = (marks: Mark[]): Mark[] =>
  marks.filter(({ kind }) => kind === 'patch' || kind === 'with-patches' || kind === 'version');

/** @param generated our own files, from the directory */
export function findIn(root: Node, scope: Scope, generated: ReadonlySet<string>): Sighting[] {
  const found: Sighting[] = [];
  const sighting = (
    kind: SightingKind,
    node: Node,
    marks: Mark[],
    removals: Removal[] | null,
    more: Partial<Sighting> = {},
  ): void => {
    found.push({
      ...{ kind, file: scope.file, line: lineOf(node), marks, removals },
      ...{ unit: null, distribution: null, name: null, isForced: false, isLocal: false },
      ...more,
    });
  };

  const inside = (node: Node, place: Place): void => {
    for (const child of parts(node)) visit(child, place);
  };

  function visit(node: Node, place: Place): void {
    switch (node.type) {
      case 'binding':
        return visitBinding(node, place);
      case 'inherit_from':
        return visitInherit(node, place);
      case 'list_expression':
        for (const entry of parts(node)) visitEntry(entry, place);
        return;
      case 'function_expression': {
        // final: prev: { … }, or packageOverrides = pkgs: { … }.
        const body = node.childForFieldName('body');
        const isSecond = node.parent?.type === 'function_expression';
        const isOverride = place.path.at(-1) === 'packageOverrides';
        const isOverlay = isSecond || isOverride || place.isOverlay;
        return body ? visit(body, { path: [], isOverlay }) : undefined;
      }
      case 'apply_expression':
        return visitCall(node, place);
      case 'select_expression': {
        const marks = direct(marksOf(node, scope));
        if (marks.some(({ kind }) => kind === 'with-patches'))
          return sighting('with-patches', node, marks, null);
        return inside(node, place);
      }
      default:
        return inside(node, place);
    }
  }

  function visitBinding(node: Node, place: Place): void {
    const own = namesOf(node.childForFieldName('attrpath'), scope.texts);
    const value = node.childForFieldName('expression');
    if (!value) return;
    const isLocal = node.parent?.parent?.type === 'let_expression';
    const path = isLocal ? own : [...place.path, ...own];
    const whole: Removal[] = [{ how: 'binding', start: node.startIndex, end: node.endIndex }];
    const setting = isLocal ? null : settingIn(path, value, whole, scope);
    if (setting) {
      const { kind, marks, removals, ...more } = setting;
      return sighting(kind, node, marks, removals, more);
    }
    const name = own.at(-1) ?? null;
    const isUtilLinux = own.length === 1 && name !== null && utilLinuxNames.includes(name);
    const isAdded = place.isOverlay && !isUtilLinux;
    const about = { name, isLocal: isLocal || isAdded };
    if (isUtilLinux && !/attrset/.test(bare(value).type)) {
      const marks = marksOf(value, scope);
      const isReplaced = place.isOverlay && !isLocal;
      if (marks.length > 0 && (isReplaced || direct(marks).length > 0))
        return sighting(isReplaced ? 'overlay' : 'package', node, marks, whole, about);
    }
    const kind = kindOfValue(value);
    if (kind) return sighting(kind, node, marksOf(value, scope), whole, about);
    visit(value, { path, isOverlay: place.isOverlay });
  }

  /** A value that as a whole is a util-linux with the fix, or the patch. */
  function kindOfValue(given: Node): SightingKind | null {
    const value = bare(given);
    if (value.type === 'if_expression') {
      const [yes, no] = [value.childForFieldName('consequence'), value.childForFieldName('alternative')];
      return (yes && kindOfValue(yes)) ?? (no && kindOfValue(no)) ?? null;
    }
    const marks = marksOf(value, scope);
    if (selected(value)) return marks.some(({ kind }) => kind === 'with-patches') ? 'with-patches' : null;
    const call = called(value);
    if (!call) return null;
    if (isOverrideOfUtilLinux(call.function))
      return direct(marks).length > 0 || marks.some((mark) => isFix(mark)) ? 'package' : null;
    return fetchesPatch(call.function) && marks.some(({ kind }) => kind === 'patch') ? 'patch' : null;
  }

  /** A name that stands for the fix itself, not for another nixpkgs. */
  const isFix = ({ kind, detail }: Mark): boolean =>
    kind === 'named' && direct(scope.fixed.get(detail) ?? scope.known.fixed.get(detail) ?? []).length > 0;

  /** inherit (other) util-linux; */
  function visitInherit(node: Node, place: Place): void {
    const from = node.childForFieldName('expression');
    const attributes = node.childForFieldName('attrs');
    if (!from || !attributes || !place.isOverlay) return;
    const names = namesOf(attributes);
    const input = foreignOf(from, scope);
    if (input === null || !names.some((name) => name !== null && utilLinuxNames.includes(name))) return;
    const isWhole = names.every((name) => name !== null && utilLinuxNames.includes(name));
    const removals: Removal[] = [{ how: 'binding', start: node.startIndex, end: node.endIndex }];
    sighting('overlay', node, [{ kind: 'foreign', detail: input }], isWhole ? removals : null, {
      name: names.find((name) => name !== null && utilLinuxNames.includes(name)) ?? null,
    });
  }

  function visitEntry(node: Node, place: Place): void {
    const entry = bare(node);
    const removals: Removal[] = [{ how: 'entry', start: node.startIndex, end: node.endIndex }];
    const ours = generatedIn(entry);
    if (ours !== null) return sighting('generated-import', node, [], removals, { name: ours });
    const kind = kindOfValue(entry);
    if (kind) return sighting(kind, node, marksOf(entry, scope), removals);
    const isPatches = /patch/i.test(place.path.at(-1) ?? '');
    const marks = entry.type === 'path_expression' && isPatches ? direct(marksOf(entry, scope)) : [];
    if (marks.length > 0) return sighting('patch', node, marks, removals);
    visit(node, place);
  }

  /** The file of ours that an entry of imports or overlays is; null if it is none. */
  function generatedIn(entry: Node): string | null {
    const call = called(entry);
    const target = call && functionName(call.function) === 'import' ? bare(call.args[0] as Node) : entry;
    if (target.type !== 'path_expression') return null;
    const file = resolved(target.text, scope.file);
    return generated.has(file) ? file : null;
  }

  function visitCall(node: Node, place: Place): void {
    const call = called(node);
    if (!call) return inside(node, place);
    const distribution = distributionOverridden(call.function);
    if (distribution) {
      const given = call.args.map(bare).find(({ type }) => /attrset/.test(type));
      const changed = given ? utilLinuxIn(given) : null;
      if (changed) {
        const [from] = parts(call.function);
        const only = changed.isAll && call.args.length === 1 && from;
        const replace: Removal[] | null = only
          ? [{ how: 'replace', start: node.startIndex, end: node.endIndex, replacement: from.text }]
          : null;
        const { marks, name } = changed;
        return sighting('distribution-package', node, marks, replace, { distribution, name });
      }
    }
    const kind = kindOfValue(node);
    if (kind) return sighting(kind, node, marksOf(node, scope), null);
    inside(node, place);
  }

  /** What a package is given as util-linux instead of its own. */
  function utilLinuxIn(set: Node): { marks: Mark[]; name: string; isAll: boolean } | null {
    const bindings = parts(set).flatMap((each) => (each.type === 'binding_set' ? parts(each) : []));
    const ours = bindings.filter(({ type, text }) =>
      type === 'binding' ? utilLinuxNames.some((name) => text.startsWith(name)) : /util-?linux/.test(text),
    );
    const marks = ours.flatMap((each) => [...marksOf(each, scope), ...inherited(each)]);
    const name = namesOf(ours[0]?.childForFieldName('attrpath') ?? null)[0] ?? 'util-linux';
    return marks.length > 0 ? { marks, name, isAll: ours.length === bindings.length } : null;
  }

  /** inherit (other) util-linux, or the inherit of a name that has the fix. */
  function inherited(node: Node): Mark[] {
    const from = node.childForFieldName('expression');
    if (node.type === 'inherit_from' && from) {
      const input = foreignOf(from, scope);
      return input === null ? [] : [{ kind: 'foreign', detail: input }];
    }
    if (node.type !== 'inherit') return [];
    return namesOf(node.childForFieldName('attrs')).flatMap((name): Mark[] =>
      name !== null && scope.fixed.has(name) ? [{ kind: 'named', detail: name }] : [],
    );
  }

  visit(root, { path: [], isOverlay: false });
  return found;
}

/** The distribution whose package a function overrides: pkgs.k3s_1_32.override. */
function distributionOverridden(callee: Node): Sighting['distribution'] {
  const found = selected(callee);
  if (!found || found.names.at(-1) !== 'override') return null;
  const base = found.names.at(-2) ?? found.from.text;
  const name = /^(k0s|k3s|rke2)(?:$|[_-])/.exec(base)?.[1];
  return (name as Sighting['distribution'] | undefined) ?? null;
}

/** Where services.<distribution>.package is taken from another nixpkgs. */
export function otherPackages(root: Node, scope: Scope): OtherPackage[] {
  const found: OtherPackage[] = [];
  walk(root, (node) => {
    if (node.type !== 'binding') return undefined;
    const [services, name, option, ...rest] = pathTo(node).slice(-3);
    const value = node.childForFieldName('expression');
    const distribution = distributionNames.find((each) => each === name);
    if (services !== 'services' || option !== 'package' || rest.length > 0 || !value || !distribution)
      return undefined;
    const { value: chosen } = unmodified(value);
    const input = foreignOf(chosen, scope);
    if (input !== null) found.push({ distribution, input, file: scope.file, line: lineOf(node) });
    return false;
  });
  return found;
}
