/** Which nixpkgs a flake pins (nix(1), flakes: lock files). */
import type { Host } from '../../host/host.ts';

/** An input is the name of a node, or a path of inputs from the root that it follows. */
type Input = string | string[];

interface Node {
  inputs: Record<string, Input>;
  repo: string | null;
  url: string | null;
  revision: string | null;
}

interface Lock {
  root: string;
  nodes: Map<string, Node>;
}

/** A nixpkgs that a flake pins, and by which input. */
interface PinnedNixpkgs {
  /** the path of inputs to it: "nixpkgs", "k0s-nix/nixpkgs" */
  input: string;
  revision: string;
}

export interface FlakePins {
  /** the system's own */
  system: PinnedNixpkgs | null;
  /** the one that k0s-nix builds k0s with, whose util-linux wraps k0s; null where the flake has no k0s-nix */
  k0s: PinnedNixpkgs | null;
}

const fileLimit = 20_000_000;

/**
 * @throws {ReadError} when the file cannot be read
 * @returns a reason when it is not a lock file that is understood
 */
export async function readFlakeLock(host: Host, file: string): Promise<FlakePins | string> {
  const text = await host.readText(file, fileLimit);
  const pins = parseFlakeLock(text);
  return typeof pins === 'string' ? `${file}: ${pins}` : pins;
}

/** Pure. @returns a reason where the text is not a lock file of version 5 to 7, or its inputs go in a circle */
export function parseFlakeLock(text: string): FlakePins | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  const lock = asLock(document);
  if (typeof lock === 'string') return lock;
  try {
    const k0sNode = findK0s(lock);
    return {
      system: pinned(lock, ['nixpkgs']),
      k0s: k0sNode === null ? null : pinned(lock, [...k0sNode, 'nixpkgs']),
    };
  } catch (error) {
    if (error instanceof Circle) return error.message;
    throw error;
  }
}

/** The fields of a set, or none where the value is no set. */
const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** @returns why the document is not a lock file of version 5 to 7 */
function asLock(document: unknown): Lock | string {
  const { version, root, nodes } = fields(document);
  if (typeof version !== 'number' || typeof root !== 'string')
    return 'not a lock file: version or root is missing';
  if (version < 5 || version > 7) return `a lock file of version ${version}, which is not known (5 to 7 are)`;
  const lock: Lock = { root, nodes: new Map() };
  for (const [name, value] of Object.entries(fields(nodes))) {
    const { inputs, locked } = fields(value);
    const { repo, url, rev } = fields(locked);
    const node: Node = { inputs: Object.create(null), repo: text(repo), url: text(url), revision: text(rev) };
    for (const [input, target] of Object.entries(fields(inputs))) {
      if (!isInput(target)) return `not a lock file: nodes.${name}.inputs.${input} is of another kind`;
      node.inputs[input] = target;
    }
    lock.nodes.set(name, node);
  }
  return lock;
}

const isInput = (value: unknown): value is Input =>
  typeof value === 'string' || (Array.isArray(value) && value.every((part) => typeof part === 'string'));

class Circle extends Error {
  override name = 'Circle';
}

/** The input of the root that is k0s-nix, by whatever name. */
function findK0s(lock: Lock): string[] | null {
  for (const name of Object.keys(lock.nodes.get(lock.root)?.inputs ?? {})) {
    const node = follow(lock, [name]);
    const found = node === null ? undefined : lock.nodes.get(node);
    if (found?.repo === 'k0s-nix' || found?.url?.includes('/k0s-nix')) return [name];
  }
  return null;
}

function pinned(lock: Lock, path: string[]): PinnedNixpkgs | null {
  const node = follow(lock, path);
  const revision = node === null ? null : (lock.nodes.get(node)?.revision ?? null);
  return revision !== null && /^[0-9a-f]{40}$/.test(revision) ? { input: path.join('/'), revision } : null;
}

/** The node at a path of inputs from the root; an input that follows another is a path itself. */
function follow(lock: Lock, path: string[], depth = 0): string | null {
  if (depth > 100) throw new Circle('its inputs follow each other in a circle');
  let node = lock.root;
  for (const name of path) {
    const next: Input | undefined = lock.nodes.get(node)?.inputs[name];
    if (next === undefined) return null;
    const target = typeof next === 'string' ? next : follow(lock, next, depth + 1);
    if (target === null) return null;
    node = target;
  }
  return node;
}
