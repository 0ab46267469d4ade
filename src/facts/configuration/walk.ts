/** Which files of a directory belong to a NixOS configuration. */
import path from 'node:path';
import { ReadError } from '../../host/host.ts';
import type { Entry, Tree } from '../../host/tree.ts';

export interface Unread {
  path: string;
  reason: string;
}

export interface Listing {
  /** *.nix, and the drop-ins of systemd */
  sources: string[];
  /** files that may pin a nixpkgs */
  locks: string[];
  /** what could belong to it, and is not looked at */
  unread: Unread[];
}

/** What tools keep beside a configuration: nothing in it is written by hand. */
const skipped = new Set([
  ...['.git', '.hg', '.svn', '.jj', '.direnv', '.devenv', '.cache', '.terraform', '.venv'],
  ...['node_modules', '__pycache__', 'lost+found'],
]);

/** The links that nix-build makes (nix-build(1), --out-link). */
const isResult = (name: string): boolean => /^result(?:-|$)/.test(name);

const isSource = (file: string): boolean => file.endsWith('.nix') || /\.service\.d\/[^/]+\.conf$/.test(file);
const isLock = (file: string): boolean => /(?:^|\/)(?:flake\.lock|sources\.json)$/.test(file);

const mostDirectories = 20_000;
const mostSources = 100_000;
/** Directories that are read at a time. */
const atOnce = 8;

/** Lists the files; no link is followed. */
export async function listFiles(tree: Tree): Promise<Listing> {
  const listing: Listing = { sources: [], locks: [], unread: [] };
  let level = [''];
  let count = 0;
  while (level.length > 0) {
    const next: string[] = [];
    for (let first = 0; first < level.length; first += atOnce) {
      const group = level.slice(first, first + atOnce);
      count += group.length;
      if (count > mostDirectories || listing.sources.length > mostSources) {
        const reason = `more than ${mostDirectories} directories or ${mostSources} files: give a smaller directory`;
        return { ...listing, unread: [...listing.unread, { path: group[0] ?? '', reason }] };
      }
      const lists = await Promise.all(group.map((directory) => entriesOf(tree, directory, listing)));
      for (const [index, entries] of lists.entries())
        next.push(...(await sort(tree, group[index] ?? '', entries, listing)));
    }
    level = next;
  }
  listing.sources.sort();
  return listing;
}

/** @throws {ReadError} where not even the directory itself can be read */
async function entriesOf(tree: Tree, directory: string, { unread }: Listing): Promise<Entry[]> {
  try {
    return await tree.entries(directory);
  } catch (error) {
    if (!(error instanceof ReadError) || directory === '') throw error;
    unread.push({ path: directory, reason: reasonOf(error, directory) });
    return [];
  }
}

/** The message without the path, which stands before it. */
export const reasonOf = ({ message }: Error, file: string): string => message.replace(`${file}: `, '');

/** Puts the files of a directory where they belong. @returns its directories */
async function sort(tree: Tree, directory: string, entries: Entry[], listing: Listing): Promise<string[]> {
  const directories: string[] = [];
  for (const { name, kind } of entries) {
    const file = path.join(directory, name);
    if (kind === 'directory' && !skipped.has(name)) directories.push(file);
    else if (kind === 'file' && isSource(file)) listing.sources.push(file);
    else if (kind === 'file' && isLock(file)) listing.locks.push(file);
    else if (kind === 'link' && !isResult(name) && !skipped.has(name))
      listing.unread.push(...(await linked(tree, file)));
    else if (kind === 'other' && (isSource(file) || isLock(file)))
      listing.unread.push({ path: file, reason: 'not a regular file' });
  }
  return directories;
}

/** A link within the directory leads to what is read anyway; one that leads out is named. */
async function linked(tree: Tree, file: string): Promise<Unread[]> {
  try {
    const { target, outside } = await tree.target(file);
    // What is in the store was built, and a file of another name is no configuration.
    const matters = isSource(file) || isLock(file) || path.extname(file) === '';
    if (!outside || !matters || target.startsWith('/nix/store/')) return [];
    return [{ path: file, reason: `a link that leads out of the directory, to ${target}` }];
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    return isSource(file) || isLock(file) ? [{ path: file, reason: reasonOf(error, file) }] : [];
  }
}
