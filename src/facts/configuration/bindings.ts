/** Fills a scope with what the bindings of a file say. */
import type { Node } from './expression.ts';
import { bare, namesOf, plain, walk } from './nix.ts';
import { foreignOf, marksOf, type Scope } from './scope.ts';
import type { Mark } from './sighting.ts';
import { utilLinuxNames } from './words.ts';

/** Attributes whose value says nothing about other uses of their name. */
const common = new Set([
  ...utilLinuxNames,
  ...['path', 'patches', 'source', 'package', 'packages', 'systemPackages', 'url', 'name', 'hash', 'sha256'],
  ...['original', 'replacement', 'replacements', 'environment', 'PATH', 'KUBELET_PATH', 'version', 'src'],
  ...['k3s', 'k0s', 'rke2', 'pkgs', 'lib', 'nixpkgs', 'overlays', 'modules', 'imports', 'inputs', 'text'],
]);

/** Kinds of values that a name stands for as a whole. */
const isValue = (node: Node): boolean => !/^(?:rec_)?attrset_expression$/.test(node.type);

/**
 * Adds what the file's names stand for.
 * @returns whether anything is new: what one file binds, another can build on
 */
export function learn(root: Node, scope: Scope): boolean {
  let isNew = false;
  const set = <T>(map: Map<string, T>, name: string, value: T | null): void => {
    if (value === null || map.has(name)) return;
    map.set(name, value);
    isNew = true;
  };
  walk(root, (node) => {
    if (node.type !== 'binding') return undefined;
    const names = namesOf(node.childForFieldName('attrpath'));
    const [name] = names;
    const expression = node.childForFieldName('expression');
    if (names.length !== 1 || !name || !expression) return undefined;
    const value = bare(expression);
    const isLet = node.parent?.parent?.type === 'let_expression';
    if (isLet) {
      const text = plain(value);
      if (text !== null) set(scope.texts, name, text);
    }
    const isPackages = name === 'pkgs' || name === 'nixpkgs';
    const other = isPackages ? null : foreignOf(value, scope);
    if (isLet || !common.has(name)) set(isLet ? scope.foreign : scope.known.foreign, name, other);
    if (!isValue(value) || (!isLet && common.has(name))) return undefined;
    set(isLet ? scope.fixed : scope.known.fixed, name, nonEmpty(marksOf(value, scope)));
    return undefined;
  });
  return isNew;
}

const nonEmpty = (marks: Mark[]): Mark[] | null => (marks.length > 0 ? marks : null);

/** The inputs that a flake declares as a nixpkgs, and where: flake.nix alone has them. */
export function declaredInputs(root: Node): { name: string; node: Node }[] {
  const found = new Map<string, Node>();
  walk(root, (node) => {
    if (node.type === 'function_expression') return false;
    if (node.type !== 'binding') return undefined;
    const names = pathTo(node);
    const value = node.childForFieldName('expression');
    const [first, name, field] = names;
    if (first !== 'inputs') return names.length === 0 ? undefined : false;
    if (name && field === 'url' && value && /nixpkgs|nixos-/i.test(value.text) && names.length === 3)
      found.set(name, outermost(node));
    return undefined;
  });
  return [...found].map(([name, node]) => ({ name, node }));
}

/** The names from the top of the file to a binding. */
export function pathTo(binding: Node): (string | null)[] {
  const names = namesOf(binding.childForFieldName('attrpath'));
  for (let node = binding.parent; node; node = node.parent) {
    if (node.type === 'binding') names.unshift(...namesOf(node.childForFieldName('attrpath')));
  }
  return names;
}

/** The binding of a whole input: inputs.x = { url = …; }, or the one of its url. */
function outermost(binding: Node): Node {
  const above = binding.parent?.parent?.parent;
  return above?.type === 'binding' && pathTo(above).length === 2 ? above : binding;
}
