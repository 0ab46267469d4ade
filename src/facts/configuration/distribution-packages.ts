/** Packages of distributions that are built with another util-linux, or are from another nixpkgs. */
import { distributionNames } from '../../distributions/index.ts';
import { pathTo } from './bindings.ts';
import { type Node, parts } from './expression.ts';
import { bare, called, lineOf, namesOf, selected, unmodified, walk } from './nix.ts';
import { foreignOf, marksOf, type Scope } from './scope.ts';
import type { Mark, OtherPackage, Removal, Sighting } from './sighting.ts';
import { utilLinuxNames } from './words.ts';

type Overridden = Pick<Sighting, 'distribution' | 'name' | 'marks' | 'removals'>;

/** k3s.override { util-linux = …; }, with another util-linux; null for any other call. */
export function overriddenPackage(node: Node, scope: Scope): Overridden | null {
  const call = called(node);
  const distribution = call && distributionOverridden(call.function);
  const given = call?.args.map(bare).find(({ type }) => /attrset/.test(type));
  const changed = distribution && given ? utilLinuxIn(given, scope) : null;
  if (!call || !distribution || !changed) return null;
  const [from] = parts(call.function);
  const { marks, name, isAll } = changed;
  const removals: Removal[] | null =
    isAll && call.args.length === 1 && from
      ? [{ how: 'replace', start: node.startIndex, end: node.endIndex, replacement: from.text }]
      : null;
  return { distribution, name, marks, removals };
}

/** The distribution whose package a function overrides: pkgs.k3s_1_32.override. */
function distributionOverridden(callee: Node): Sighting['distribution'] {
  const found = selected(callee);
  if (found?.names.at(-1) !== 'override') return null;
  const base = found.names.at(-2) ?? found.from.text;
  const name = /^(k0s|k3s|rke2)(?:$|[_-])/.exec(base)?.[1];
  return (name as Sighting['distribution'] | undefined) ?? null;
}

/** What a package is given as util-linux instead of its own. */
function utilLinuxIn(set: Node, scope: Scope): { marks: Mark[]; name: string; isAll: boolean } | null {
  const bindings = parts(set).flatMap((each) => (each.type === 'binding_set' ? parts(each) : []));
  const ours = bindings.filter(({ type, text }) =>
    type === 'binding' ? utilLinuxNames.some((name) => text.startsWith(name)) : /util-?linux/.test(text),
  );
  const marks = ours.flatMap((each) => [...marksOf(each, scope), ...inherited(each, scope)]);
  const name = namesOf(ours[0]?.childForFieldName('attrpath') ?? null)[0] ?? 'util-linux';
  return marks.length > 0 ? { marks, name, isAll: ours.length === bindings.length } : null;
}

/** inherit (other) util-linux, or the inherit of a name that has the fix. */
function inherited(node: Node, scope: Scope): Mark[] {
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
