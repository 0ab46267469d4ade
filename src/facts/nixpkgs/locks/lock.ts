/** What a lock file pins: the nixpkgs that a system may be built from. */
import type { DistributionName } from '../../../distributions/index.ts';
import { parsePasted } from '../../given/pasted.ts';

/** A nixpkgs that is pinned, and by which input. */
export interface PinnedNixpkgs {
  /** how --input names it: "nixpkgs", "k0s-nix/nixpkgs" */
  input: string;
  /** 7 to 40 hexadecimal digits; null if the lock file names no commit */
  revision: string | null;
  /** where it comes from, if that is not NixOS/nixpkgs: there its commit is not looked up unasked */
  elsewhere: string | null;
  /** the day of its commit, if the lock file says it */
  date?: string;
}

/** The nixpkgs that a distribution's flake has for itself, and may build its package with. */
export interface PackagedPin {
  pin: PinnedNixpkgs;
  distribution: DistributionName;
  /** the input that is the distribution's flake */
  input: string;
  /** the day of that flake's own commit; null if the lock file does not say */
  date: string | null;
}

export interface Lock {
  /** what the system may be built from, by the inputs that the root itself has; most likely first */
  system: PinnedNixpkgs[];
  /** null if no distribution's flake is pinned, or it follows the system's nixpkgs */
  packaged: PackagedPin | null;
  /** every nixpkgs that --input can name */
  all: PinnedNixpkgs[];
  /** The one at a path of inputs. */
  at(input: string): PinnedNixpkgs | null;
}

/** The names that the system's own nixpkgs usually has. */
const usual = ['nixpkgs', 'nixos'];

/** Puts those with a usual name first. */
export const likelyFirst = (pins: PinnedNixpkgs[]): PinnedNixpkgs[] => [
  ...usual.flatMap((name) => pins.filter(({ input }) => input === name)),
  ...pins.filter(({ input }) => !usual.includes(input)),
];

/** Whether its name says that the system is built from it. */
export const isUsual = ({ input }: PinnedNixpkgs): boolean => usual.includes(input);

/** A lock of pins by name, which have no inputs of their own. */
export function flatLock(pins: PinnedNixpkgs[]): Lock {
  const system = likelyFirst(pins);
  const at = (input: string): PinnedNixpkgs | null => system.find((pin) => pin.input === input) ?? null;
  return { system, packaged: null, all: system, at };
}

/** Where a pin comes from, whatever the format calls it. */
export interface Origin {
  /** of a forge; undefined for a plain URL */
  owner?: string | undefined;
  repository?: string | undefined;
  /** of the forge, if it is not github.com */
  host?: string | undefined;
  url?: string | undefined;
  revision?: string | undefined;
}

const isCommit = (text: string | undefined): text is string => /^[0-9a-f]{40}$/.test(text ?? '');

/** @returns null if it is no nixpkgs */
export function nixpkgsAt(
  input: string,
  { owner, repository, host, url, revision }: Origin,
): PinnedNixpkgs | null {
  const commit = isCommit(revision) ? revision : null;
  if (repository !== undefined) {
    if (repository.toLowerCase() !== 'nixpkgs') return null;
    const official = host === undefined && owner?.toLowerCase() === 'nixos';
    return {
      input,
      revision: commit,
      elsewhere: official ? null : `${host ?? 'github.com'}/${owner}/${repository}`,
    };
  }
  if (url === undefined) return null;
  const plain = url.replace(/^git\+/, '').replace(/\?.*$/, '');
  const pasted = parsePasted(plain) ?? parsePasted(plain.replace(/(\.git)?\/?$/, `/tree/${commit}`));
  const official =
    pasted !== null || /^https:\/\/api\.flakehub\.com\/f\/pinned\/NixOS\/nixpkgs\//.test(plain);
  if (!official && !/\bnixpkgs\b/i.test(plain)) return null;
  return { input, revision: commit ?? pasted?.revision ?? null, elsewhere: official ? null : plain };
}

/** The fields of an object; none if the value is not an object. */
export const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
