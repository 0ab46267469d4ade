/** npins/sources.json (github.com/andir/npins): pins by name, each of a kind. */
import { fields, flatLock, type Lock, nixpkgsAt, type Origin, textIn } from './lock.ts';

/** @returns null if the document is no such file */
export function npinsLock(document: Record<string, unknown>): Lock | null {
  if (typeof document['version'] !== 'number' || typeof document['pins'] !== 'object') return null;
  const pins = Object.entries(fields(document['pins'])).flatMap(
    ([name, pin]) => nixpkgsAt(name, originOf(fields(pin))) ?? [],
  );
  return flatLock(pins);
}

function originOf(pin: Record<string, unknown>): Origin {
  const revision = textIn(pin['revision']);
  const { type, owner, repo, repo_path: path, server, url } = fields(pin['repository']);
  switch (type) {
    case 'GitHub':
      return { owner: textIn(owner), repository: textIn(repo), revision };
    case 'GitLab': {
      const parts = textIn(path)?.split('/') ?? [];
      return {
        owner: parts.slice(0, -1).join('/'),
        repository: parts.at(-1),
        host: textIn(server) ?? 'gitlab.com',
        revision,
      };
    }
    case 'Forgejo':
      return { owner: textIn(owner), repository: textIn(repo), host: textIn(server) ?? 'forgejo', revision };
    case 'Git':
      return { url: textIn(url), revision };
    default:
      // A channel, or a tarball: what was fetched in the end says most.
      return { url: textIn(pin['locked_url']) ?? textIn(pin['url']), revision };
  }
}
