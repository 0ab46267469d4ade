/** Inputs and pins that a configuration has for nothing but their util-linux. */
import { type Node, parts } from './expression.ts';
import type { PinFile } from './locks.ts';
import { bare, lineOf, selected, walk } from './nix.ts';
import type { File } from './parse.ts';
import { foreignOf, type Known } from './scope.ts';
import type { Removal, Sighting } from './sighting.ts';
import { utilLinuxNames } from './words.ts';

interface Declared {
  name: string;
  node: Node;
  file: string;
}

/** Attributes on the way from an input to its packages. */
const onTheWay =
  /^(?:legacyPackages|packages|pkgs|outPath|lib|(?:x86_64|i686|aarch64|armv[67]l|riscv64)-(?:linux|darwin))$/;

/**
 * @param found what uses them
 * @param declared the inputs of the flakes
 */
export function pinnedInputs(
  files: readonly File[],
  found: readonly Sighting[],
  declared: readonly Declared[],
  locks: readonly PinFile[],
  known: Known,
): { sightings: Sighting[]; only: Set<string> } {
  const uses = usesOf(files);
  const inFix = new Set(
    found.flatMap(({ marks }) => marks.flatMap((mark) => viaNames(mark.detail, files, known))),
  );
  const only = new Set(
    [...known.inputs].filter((name) => {
      const attributes = [...(uses.get(name) ?? [])];
      return (
        inFix.has(name) && attributes.length > 0 && attributes.every((each) => utilLinuxNames.includes(each))
      );
    }),
  );
  const sightings = [...only].flatMap((name): Sighting[] => {
    const place = placeOf(name, declared, locks);
    return place === null ? [] : [{ ...place, ...base, name, marks: [{ kind: 'foreign', detail: name }] }];
  });
  return { sightings, only };
}

const base = {
  kind: 'pinned-input',
  unit: null,
  distribution: null,
  isForced: false,
  bound: 'added',
} as const;

/** The inputs behind a mark: by itself, or through names that stand for it. */
function viaNames(detail: string, files: readonly File[], known: Known): string[] {
  const names = [detail];
  for (const maps of [known.fixed, ...files.map(({ scope }) => scope.fixed)])
    for (const mark of maps.get(detail) ?? [])
      if (mark.kind === 'foreign' || mark.detail !== detail) names.push(mark.detail);
  return names;
}

/** The packages that are taken from each input. */
function usesOf(files: readonly File[]): Map<string, Set<string>> {
  const uses = new Map<string, Set<string>>();
  const add = (input: string, attribute: string): void => {
    const all = uses.get(input) ?? new Set();
    uses.set(input, all.add(attribute));
  };
  for (const { root, scope } of files) {
    walk(root, (node) => {
      if (node.type === 'inherit_from') {
        const from = node.childForFieldName('expression');
        const input = from && foreignOf(from, scope);
        if (input)
          for (const name of node.childForFieldName('attrs')?.text.split(/\s+/) ?? []) add(input, name);
      }
      if (node.type === 'with_expression') {
        const input = foreignOf(node.childForFieldName('environment') ?? node, scope);
        if (input !== null) add(input, 'with');
      }
      const chosen = selected(node);
      if (!chosen) return undefined;
      const input = foreignOf(node, scope) ?? foreignOf(bare(chosen.from), scope);
      if (input === null) return undefined;
      const attribute = chosen.names.find(
        (name) => name !== null && name !== input && !onTheWay.test(name) && !scope.known.foreign.has(name),
      );
      if (attribute != null) add(input, attribute);
      return false;
    });
  }
  return uses;
}

function placeOf(
  name: string,
  declared: readonly Declared[],
  locks: readonly PinFile[],
): Pick<Sighting, 'file' | 'line' | 'removals'> | null {
  const input = declared.find((each) => each.name === name);
  if (input) {
    const { file, node } = input;
    const removals: Removal[] = [{ how: 'binding', start: node.startIndex, end: node.endIndex }];
    return { file, line: lineOf(node), removals: [...removals, ...formalsOf(node, name)] };
  }
  for (const { file, text } of locks) {
    const line = text.split('\n').findIndex((each) => new RegExp(`^\\s*"${name}"\\s*:\\s*\\{`).test(each));
    if (line >= 0) return { file, line: line + 1, removals: null };
  }
  return null;
}

/** Where outputs names it among its arguments, with the comma. */
function formalsOf(node: Node, name: string): Removal[] {
  let top = node;
  while (top.parent) top = top.parent;
  return top.descendantsOfType('formals').flatMap((formals): Removal[] => {
    const all = parts(formals).filter(({ type }) => /^(?:formal|ellipses)$/.test(type));
    const index = all.findIndex((each) => each.childForFieldName('name')?.text === name);
    const [before, own, next] = [all[index - 1], all[index], all[index + 1]];
    if (!own) return [];
    const how = 'formal';
    if (next) return [{ how, start: own.startIndex, end: next.startIndex }];
    return [{ how, start: before?.endIndex ?? own.startIndex, end: own.endIndex }];
  });
}
