/** Which nixpkgs a flake pins (nix(1), flakes: lock files). */
import { z } from 'zod/mini';
import type { Host } from '../host/host.ts';

const input = z.union([z.string(), z.array(z.string())]);
const lockSchema = z.object({
  version: z.number(),
  root: z.string(),
  nodes: z.record(
    z.string(),
    z.object({
      inputs: z.optional(z.record(z.string(), input)),
      locked: z.optional(
        z.object({
          type: z.string(),
          owner: z.optional(z.string()),
          repo: z.optional(z.string()),
          url: z.optional(z.string()),
          rev: z.optional(z.string()),
        }),
      ),
    }),
  ),
});
type Lock = z.infer<typeof lockSchema>;

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
  const parsed = lockSchema.safeParse(document);
  if (!parsed.success)
    return `not a lock file: ${parsed.error.issues[0]?.path.join('.') ?? ''} is missing or of another kind`;
  const lock = parsed.data;
  if (lock.version < 5 || lock.version > 7)
    return `a lock file of version ${lock.version}, which is not known (5 to 7 are)`;
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

class Circle extends Error {
  override name = 'Circle';
}

/** The input of the root that is k0s-nix, by whatever name. */
function findK0s(lock: Lock): string[] | null {
  for (const name of Object.keys(lock.nodes[lock.root]?.inputs ?? {})) {
    const node = follow(lock, [name]);
    const { repo, url } = (node === null ? undefined : lock.nodes[node]?.locked) ?? {};
    if (repo === 'k0s-nix' || url?.includes('/k0s-nix')) return [name];
  }
  return null;
}

function pinned(lock: Lock, path: string[]): PinnedNixpkgs | null {
  const node = follow(lock, path);
  const revision = node === null ? undefined : lock.nodes[node]?.locked?.rev;
  return revision !== undefined && /^[0-9a-f]{40}$/.test(revision)
    ? { input: path.join('/'), revision }
    : null;
}

/** The node at a path of inputs from the root; an input that follows another is a path itself. */
function follow(lock: Lock, path: string[], depth = 0): string | null {
  if (depth > 100) throw new Circle('its inputs follow each other in a circle');
  let node = lock.root;
  for (const name of path) {
    const next = lock.nodes[node]?.inputs?.[name];
    if (next === undefined) return null;
    const target = typeof next === 'string' ? next : follow(lock, next, depth + 1);
    if (target === null) return null;
    node = target;
  }
  return node;
}
