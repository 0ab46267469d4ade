/** Follows the links of a path one after another, as the kernel does (path_resolution(7)). */
import { ReadError } from './host.ts';

const mostLinks = 40;

/** A tree, by absolute paths; nothing is followed. */
export interface Links {
  /** The target of a link. @throws {ReadError} for anything else, with EINVAL if there is something */
  target(path: string): Promise<string>;
  /** @throws {ReadError} when there is nothing at the path */
  isDirectory(path: string): Promise<boolean>;
}

/**
 * The path that a path leads to, without links and dots. A ".." is the parent of what the part before it leads to,
 * which may be elsewhere than the text says; at the root it stays there. A last part that does not exist is kept.
 * @throws {ReadError} for a loop, a missing part before the last, and ".." after something that is not a directory
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
    const target = await targetOf(links, at === '/' ? `/${name}` : `${at}/${name}`);
    if (typeof target !== 'string') {
      // Nothing lies below what is missing: a link can have thousands of parts that would be looked up in vain.
      if (target === undefined && rest.some((each) => each !== '' && each !== '.'))
        throw new ReadError(`${file}: no such file or directory`, 'ENOENT');
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

/** null for what is no link; undefined for nothing. */
async function targetOf(links: Links, path: string): Promise<string | null | undefined> {
  try {
    return await links.target(path);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    if (error.code === 'EINVAL') return null;
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
