/** Patterns of file names: glob(7). */
import { type Host, orNull } from '../../host/host.ts';

const isPattern = (text: string): boolean => /[*?[]/.test(text);

/** * and ? and [...] within one component; a leading dot must be written. */
function matcher(pattern: string): RegExp {
  const source = pattern.replace(
    /\[([!^]?)(\]?[^\]]*)\]|[*?]|[.+^${}()|\\[\]]/g,
    (found, not?: string, set?: string) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]]/g, '\\$&')}]`;
      return { '*': '.*', '?': '.' }[found] ?? `\\${found}`;
    },
  );
  return new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}

/** The files that an absolute path names, sorted; the path itself if it is no pattern, whether it exists or not. */
export async function filesMatching(host: Host, path: string): Promise<string[]> {
  if (!isPattern(path)) return [path];
  let found = [''];
  for (const part of path.split('/').slice(1)) {
    const next = found.map(async (directory) => {
      if (!isPattern(part)) return [`${directory}/${part}`];
      const wanted = matcher(part);
      const names = (await orNull(host.readDirectory(directory || '/'))) ?? [];
      return names.filter((name) => wanted.test(name)).map((name) => `${directory}/${name}`);
    });
    found = (await Promise.all(next)).flat();
  }
  return found.sort();
}
