/** Which nixpkgs a flake pins (nix(1), flakes: lock files). */
import { type DistributionName, distributionNames, distributions } from '../../distributions/index.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unreadable } from '../fact.ts';

/** An input is the name of a node, or a path of inputs from the root that it follows. */
type Input = string | string[];

interface Node {
  inputs: Record<string, Input>;
  locked: Record<string, unknown>;
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
  /** the one that a distribution's flake builds and wraps its package with; null if there is none */
  packaged: (PinnedNixpkgs & { distribution: DistributionName }) | null;
}

const fileLimit = 20_000_000;

/** @throws {ReadError} when the file cannot be read */
export async function readFlakeLock(host: Host, file: string): Promise<Fact<FlakePins>> {
  return parseFlakeLock(await host.readText(file, fileLimit), file);
}

/**
 * Pure.
 * @returns unreadable if the text is not a lock file of version 5 to 7, or its inputs form a cycle
 */
export function parseFlakeLock(text: string, file: string): Fact<FlakePins> {
  try {
    const lock = parseLock(text);
    return known({ system: pinned(lock, ['nixpkgs']), packaged: findPackaged(lock) }, file);
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable('not-understood', `${file}: not JSON`);
    if (error instanceof NotUnderstood) return unreadable('not-understood', `${file}: ${error.message}`);
    throw error;
  }
}

class NotUnderstood extends Error {
  override name = 'NotUnderstood';
}

/** The fields of an object; none if the value is not an object. */
const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** @throws {NotUnderstood | SyntaxError} */
function parseLock(text: string): Lock {
  const { version, root, nodes } = fields(JSON.parse(text));
  if (typeof version !== 'number' || typeof root !== 'string')
    throw new NotUnderstood('not a lock file: version or root is missing');
  if (version < 5 || version > 7)
    throw new NotUnderstood(`version ${version} of lock files is not supported (5 to 7 are)`);
  const lock: Lock = { root, nodes: new Map() };
  for (const [name, value] of Object.entries(fields(nodes))) {
    const { inputs, locked } = fields(value);
    const node: Node = { inputs: Object.create(null), locked: fields(locked) };
    for (const [input, target] of Object.entries(fields(inputs))) {
      if (!isInput(target))
        throw new NotUnderstood(
          `not a lock file: nodes.${name}.inputs.${input} is neither a name nor a path`,
        );
      node.inputs[input] = target;
    }
    lock.nodes.set(name, node);
  }
  return lock;
}

const isInput = (value: unknown): value is Input =>
  typeof value === 'string' || (Array.isArray(value) && value.every((part) => typeof part === 'string'));

/** The nixpkgs of the root's input that is a distribution's flake, by whatever name. */
function findPackaged(lock: Lock): FlakePins['packaged'] {
  for (const input of Object.keys(lock.nodes.get(lock.root)?.inputs ?? {})) {
    const { repo, url } = lockedAt(lock, [input]);
    const distribution = distributionNames.find((name) => {
      const { flakeRepository } = distributions[name];
      return flakeRepository && (repo === flakeRepository || String(url).includes(`/${flakeRepository}`));
    });
    if (!distribution) continue;
    const pin = pinned(lock, [input, 'nixpkgs']);
    return pin && { ...pin, distribution };
  }
  return null;
}

function pinned(lock: Lock, path: string[]): PinnedNixpkgs | null {
  const { rev } = lockedAt(lock, path);
  const isCommit = typeof rev === 'string' && /^[0-9a-f]{40}$/.test(rev);
  return isCommit ? { input: path.join('/'), revision: rev } : null;
}

/** What is locked at a path of inputs; empty if nothing is. */
const lockedAt = (lock: Lock, path: string[]): Node['locked'] =>
  lock.nodes.get(follow(lock, path) ?? '')?.locked ?? {};

/** The node at a path of inputs from the root; an input that follows another is a path itself. */
function follow(lock: Lock, path: string[], depth = 0): string | null {
  if (depth > 100) throw new NotUnderstood('its inputs form a cycle');
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
