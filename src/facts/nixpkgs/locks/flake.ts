/** flake.lock (nix(1), flakes: lock files). */
import { distributionNames, distributions } from '../../../distributions/index.ts';
import { NotUnderstood } from '../../fact.ts';
import {
  fields,
  type Lock,
  likelyFirst,
  nixpkgsAt,
  type Origin,
  type PackagedPin,
  type PinnedNixpkgs,
  textIn,
} from './lock.ts';

/** An input is the name of a node, or a path of inputs from the root that it follows. */
type Input = string | string[];

interface Node {
  inputs: Record<string, Input>;
  locked: Record<string, unknown>;
}

interface Tree {
  root: string;
  nodes: Map<string, Node>;
}

/**
 * @returns null if the document is no such file
 * @throws {NotUnderstood} if its version is not one of 5 to 7, or its inputs form a cycle
 */
export function flakeLock(document: Record<string, unknown>): Lock | null {
  const { version, root, nodes } = document;
  if (typeof version !== 'number' || typeof root !== 'string' || typeof nodes !== 'object') return null;
  if (version < 5 || version > 7)
    throw new NotUnderstood(`version ${version} of lock files is not supported (5 to 7 are)`);
  const tree: Tree = { root, nodes: new Map() };
  for (const [name, value] of Object.entries(fields(nodes)))
    tree.nodes.set(name, nodeOf(name, fields(value)));
  const all = allNixpkgs(tree);
  const system = likelyFirst(all.filter(({ input }) => !input.includes('/')));
  return { system, packaged: findPackaged(tree), all, at: (input) => pinned(tree, input.split('/')) };
}

function nodeOf(name: string, { inputs, locked }: Record<string, unknown>): Node {
  const node: Node = { inputs: Object.create(null), locked: fields(locked) };
  for (const [input, target] of Object.entries(fields(inputs))) {
    if (!isInput(target))
      throw new NotUnderstood(`nodes.${name}.inputs.${input} is neither a name nor a path`);
    node.inputs[input] = target;
  }
  return node;
}

const isInput = (value: unknown): value is Input =>
  typeof value === 'string' || (Array.isArray(value) && value.every((part) => typeof part === 'string'));

/** Deeper inputs are those of flakes that a flake uses: no system is built from them. */
const depthLimit = 3;

/** Every nixpkgs, with the shortest path to it. */
function allNixpkgs(tree: Tree): PinnedNixpkgs[] {
  const found = new Map<string, PinnedNixpkgs>();
  let paths: string[][] = [[]];
  for (let depth = 0; depth < depthLimit && paths.length < 10_000; depth += 1) {
    paths = paths.flatMap((path) => inputsAt(tree, path).map((name) => [...path, name]));
    for (const path of paths) {
      const pin = pinned(tree, path);
      const node = follow(tree, path);
      // At the root the names count, even if two of them are the same.
      const key = path.length === 1 ? `input ${path[0]}` : `node ${node}`;
      const known = [...found.values()].some((other) => other.revision === pin?.revision);
      if (pin && !found.has(key) && !(path.length > 1 && known)) found.set(key, pin);
    }
  }
  return [...found.values()];
}

const inputsAt = (tree: Tree, path: string[]): string[] =>
  Object.keys(tree.nodes.get(follow(tree, path) ?? '')?.inputs ?? {});

/** The nixpkgs of the root's input that is a distribution's flake, by whatever name. */
function findPackaged(tree: Tree): PackagedPin | null {
  for (const input of inputsAt(tree, [])) {
    const { repo, url, lastModified } = lockedAt(tree, [input]);
    const distribution = distributionNames.find((name) => {
      const { flakeRepository } = distributions[name];
      return flakeRepository && (repo === flakeRepository || String(url).includes(`/${flakeRepository}`));
    });
    if (!distribution) continue;
    const pin = pinned(tree, [input, 'nixpkgs']);
    return pin && { pin, distribution, input, date: dayOf(lastModified) };
  }
  return null;
}

/** A time in seconds since the epoch as a day. */
const dayOf = (seconds: unknown): string | null =>
  typeof seconds === 'number' && seconds > 0 && seconds < 1e11
    ? new Date(seconds * 1000).toISOString().slice(0, 10)
    : null;

function pinned(tree: Tree, path: string[]): PinnedNixpkgs | null {
  const input = path.join('/');
  const locked = lockedAt(tree, path);
  // What is fetched from a path can be anything; its name must do.
  if (locked['type'] === 'path')
    return path.at(-1) === 'nixpkgs' ? { input, revision: null, elsewhere: String(locked['path']) } : null;
  const pin = nixpkgsAt(input, originOf(locked));
  const date = dayOf(locked['lastModified']);
  return pin && date !== null ? { ...pin, date } : pin;
}

const forges = new Map<unknown, string>([
  ['gitlab', 'gitlab.com'],
  ['sourcehut', 'git.sr.ht'],
]);

function originOf({ type, owner, repo, host, url, rev }: Record<string, unknown>): Origin {
  const revision = textIn(rev);
  const forge = type === 'github' ? undefined : forges.get(type);
  return type === 'github' || forge !== undefined
    ? { owner: textIn(owner), repository: textIn(repo), host: textIn(host) ?? forge, revision }
    : { url: textIn(url), revision };
}

/** What is locked at a path of inputs; empty if nothing is. */
const lockedAt = (tree: Tree, path: string[]): Node['locked'] =>
  tree.nodes.get(follow(tree, path) ?? '')?.locked ?? {};

/** The node at a path of inputs from the root; an input that follows another is a path itself. */
function follow(tree: Tree, path: string[], depth = 0): string | null {
  if (depth > 100) throw new NotUnderstood('its inputs form a cycle');
  let node = tree.root;
  for (const name of path) {
    const next = inputNamed(tree, node, name);
    if (next === undefined) return null;
    const target = typeof next === 'string' ? next : follow(tree, next, depth + 1);
    if (target === null) return null;
    node = target;
  }
  return node;
}

/** An input by its name, else by the repository that it is. */
function inputNamed(tree: Tree, node: string, name: string): Input | undefined {
  const inputs = tree.nodes.get(node)?.inputs ?? {};
  if (name in inputs) return inputs[name];
  return Object.values(inputs).find(
    (target) => typeof target === 'string' && tree.nodes.get(target)?.locked['repo'] === name,
  );
}
