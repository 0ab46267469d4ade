/** Follows the links of a path one after another, as the kernel does (path_resolution(7)). */
import { ReadError } from './host.ts';

const mostLinks = 40;

/** A tree, by absolute paths; nothing is followed. */
export interface Links {
  /** the target of a link; null for anything else */
  target(path: string): Promise<string | null>;
  /** @throws {ReadError} when there is nothing at the path */
  isDirectory(path: string): Promise<boolean>;
}

/**
 * The path that a path leads to, without links and dots. A ".." is the parent of what the part before it leads to,
 * which may be elsewhere than the text says; at the root it stays there. A last part that does not exist is kept.
 * @throws {ReadError} for a loop, and for ".." after something that is not a directory
 */
export async function resolveLinks(links: Links, file: string): Promise<string> {
  const rest = file.split('/');
  let done: string[] = [];
  let followed = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    const at = `/${done.join('/')}`;
    if (name === '..') {
      if (!(await links.isDirectory(at)))
        throw new ReadError(`${file}: a part of the path is not a directory`, 'ENOTDIR');
      done.pop();
      continue;
    }
    const target = await links.target(at === '/' ? `/${name}` : `${at}/${name}`);
    if (target === null) {
      done.push(name);
      continue;
    }
    followed += 1;
    if (followed > mostLinks) throw new ReadError(`${file}: too many symbolic links`, 'ELOOP');
    if (target.startsWith('/')) done = [];
    rest.unshift(...target.split('/'));
  }
  return `/${done.join('/')}`;
}
