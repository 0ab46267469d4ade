/** nix/sources.json (github.com/nmattia/niv): sources by name, most of them from GitHub. */
import { fields, flatLock, type Lock, nixpkgsAt, textIn } from './lock.ts';

/** @returns null if the document is no such file */
export function nivLock(document: Record<string, unknown>): Lock | null {
  const sources = Object.entries(document).map(([name, source]) => [name, fields(source)] as const);
  const isSource = (source: Record<string, unknown>): boolean =>
    ['url', 'rev', 'repo'].some((field) => typeof source[field] === 'string');
  if (sources.length === 0 || !sources.every(([name, source]) => name.startsWith('__') || isSource(source)))
    return null;
  const pins = sources.flatMap(([name, { owner, repo, rev, url }]) => {
    const revision = textIn(rev);
    const forge = { owner: textIn(owner), repository: textIn(repo), revision };
    // niv gives a repository for what is on GitHub alone; the URL says where it is from in any case.
    const from = textIn(url);
    const onGithub = from === undefined || /^https:\/\/(?:github|codeload\.github)\.com\//.test(from);
    return (
      nixpkgsAt(name, onGithub && forge.repository !== undefined ? forge : { url: from, revision }) ?? []
    );
  });
  return flatLock(pins);
}
