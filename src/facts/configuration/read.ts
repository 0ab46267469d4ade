/** Reads a NixOS configuration: what in it was written because of the defect. */
import path from 'node:path';
import type { Advisory } from '../../advisory/index.ts';
import { ReadError } from '../../host/host.ts';
import type { Tree } from '../../host/tree.ts';
import type { Lock } from '../nixpkgs/locks/lock.ts';
import { linesRemoved } from '../nixpkgs/patch-content.ts';
import { declaredInputs, learn } from './bindings.ts';
import { otherPackages } from './distribution-packages.ts';
import type { Node } from './expression.ts';
import { findIn } from './find.ts';
import { pinnedInputs } from './inputs.ts';
import { findLocks, type PinFile } from './locks.ts';
import { type File, parseFiles } from './parse.ts';
import { type Known, resolved } from './scope.ts';
import type { OtherPackage, Sighting } from './sighting.ts';
import { listFiles, reasonOf, type Unread } from './walk.ts';
import { anyOf, fileWords, fixNames } from './words.ts';

export interface Configuration {
  /** the text of each file */
  texts: Map<string, string>;
  sightings: Sighting[];
  locks: PinFile[];
  packages: OtherPackage[];
  /** inputs that the configuration uses for nothing but util-linux */
  only: ReadonlySet<string>;
  /** files that were searched, and those of them that were parsed */
  searched: number;
  parsed: number;
  unread: Unread[];
}

/** A file of a configuration has some kB; a larger one was generated. */
const fileLimit = 1_000_000;
const atOnce = 16;
/** Names can build on each other, over files too; more than a few steps are not seen in practice. */
const mostRounds = 6;

/**
 * @param generated how a file of ours begins
 * @throws {ReadError} if the directory cannot be read
 */
export async function readConfiguration(
  tree: Tree,
  advisory: Advisory,
  generated: string,
): Promise<Configuration> {
  const { sources, locks: lockFiles, unread } = await listFiles(tree);
  const texts = await readAll(tree, sources, unread);
  const locks = await findLocks(tree, lockFiles, unread);
  const known = knownAt(advisory, locks);
  const ours = [...texts].filter(([, text]) => text.startsWith(generated)).map(([file]) => file);
  const words = [...fileWords(advisory), ...known.inputs, ...importNames(ours)];
  const files: File[] = [];
  const tried = new Set(ours);
  let pattern = anyOf(words);
  // Names that are found in these files can stand in others.
  for (let round = 0; round < 3; round += 1) {
    const more = [...texts].filter(
      ([file, text]) => !tried.has(file) && file.endsWith('.nix') && pattern.test(text),
    );
    if (more.length === 0) break;
    for (const [file] of more) tried.add(file);
    files.push(...(await parseFiles(more, known, unread)));
    await learnAll(tree, files, known, advisory);
    const learned = [...known.inputs, ...known.foreign.keys(), ...known.fixed.keys()];
    pattern = anyOf([...words, ...learned.filter(isDistinct)]);
  }
  const found = files.flatMap(({ root, scope }) => findIn(root, scope, new Set(ours)));
  const declared = files.flatMap(({ file, root }) =>
    path.basename(file) === 'flake.nix' ? declaredInputs(root).map((each) => ({ ...each, file })) : [],
  );
  const { sightings: inputs, only } = pinnedInputs(files, found, declared, locks, known);
  const sightings = [...ours.map((file) => ownFile(file, texts.get(file) ?? '')), ...found, ...inputs];
  const packages = files.flatMap(({ root, scope }) => otherPackages(root, scope));
  return {
    ...{ texts, sightings: sightings.sort(byPlace), locks, packages, only, unread },
    ...{ searched: texts.size, parsed: files.length },
  };
}

/** A name that other files are searched for: a short word would be found everywhere. */
const isDistinct = (name: string): boolean => name.length > 3;

const byPlace = (one: Sighting, other: Sighting): number =>
  one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1;

function knownAt(advisory: Advisory, locks: PinFile[]): Known {
  const inputs = new Set<string>();
  for (const { lock } of locks) if (lock.known) for (const name of besides(lock.value)) inputs.add(name);
  const { environment } = advisory;
  return {
    ...{ fix: anyOf(fixNames(advisory)), environment, inputs },
    ...{ fixFiles: new Set(), fixed: new Map(), foreign: new Map() },
  };
}

/** The nixpkgs that are pinned beside the first, from which the system is built most likely. */
const besides = ({ system }: Lock): string[] => system.slice(1).map(({ input }) => input);

/** What an import of our files says. */
const importNames = (files: string[]): string[] => files.map((file) => path.posix.basename(file));

async function readAll(tree: Tree, sources: string[], unread: Unread[]): Promise<Map<string, string>> {
  const texts: (string | null)[] = [];
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < sources.length) {
      const index = next;
      next += 1;
      const file = sources[index] as string;
      texts[index] = await tree.readText(file, fileLimit).catch((error: unknown) => {
        if (!(error instanceof ReadError)) throw error;
        unread.push({ path: file, reason: reasonOf(error, file) });
        return null;
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
  return new Map(sources.flatMap((file, index) => (texts[index] == null ? [] : [[file, texts[index]]])));
}

async function learnAll(tree: Tree, files: File[], known: Known, advisory: Advisory): Promise<void> {
  for (const { root, file } of files) await readPatches(tree, root, file, known, advisory);
  for (let round = 0; round < mostRounds; round += 1) {
    for (const { root } of files.filter(({ file }) => path.basename(file) === 'flake.nix'))
      for (const { name } of declaredInputs(root)) if (!isMain(name)) known.inputs.add(name);
    // Each is asked: a name of one can be used in another.
    const isNew = files.map(({ root, scope }) => learn(root, scope));
    if (!isNew.some(Boolean)) return;
  }
}

const isMain = (name: string): boolean => name === 'nixpkgs' || name === 'nixos';

/** Patches of the configuration that are the fix, whatever they are called. */
async function readPatches(
  tree: Tree,
  root: Node,
  file: string,
  known: Known,
  advisory: Advisory,
): Promise<void> {
  for (const node of root.descendantsOfType('path_expression')) {
    const target = resolved(node.text, file);
    if (!/\.(?:patch|diff)$/.test(target) || target.startsWith('..')) continue;
    const text = await tree.readText(target, fileLimit).catch(() => '');
    if (linesRemoved(text, advisory) > 0) known.fixFiles.add(target);
  }
}

function ownFile(file: string, text: string): Sighting {
  const strategy = /^# Strategy ([a-z-]+(?: and [a-z-]+)*):/m.exec(text)?.[1] ?? null;
  return {
    ...{ kind: 'generated', file, line: 1, unit: null, distribution: null, name: strategy },
    ...{ marks: [], isForced: false, removals: null, bound: null },
  };
}
