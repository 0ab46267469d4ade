/** A cache on disk. It only saves requests, so its errors are ignored. */
import path from 'node:path';
import { type Environment, type Host, orNull, WriteError } from '../../host/host.ts';

export interface Store {
  host: Host;
  /** null: no cache */
  cache: string | null;
}

/** base: the URL that it came from, so that mirrors are kept apart. */
type Key = [kind: 'channels' | 'files', base: string, name: string];

/**
 * ${XDG_CACHE_HOME:-$HOME/.cache}/subpathfix; a relative one is ignored, as the specification says.
 * @returns null if neither is set
 */
export function cacheDirectory(env: Environment): string | null {
  const { XDG_CACHE_HOME: given = '', HOME: home = '' } = env;
  if (path.isAbsolute(given)) return path.join(given, 'subpathfix');
  return path.isAbsolute(home) ? path.join(home, '.cache/subpathfix') : null;
}

/** Loads node:crypto, which takes 2 ms, only where there is something to look for. */
const hashOf = (text: string): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');

const fileOf = (cache: string, [kind, base, name]: Key): string =>
  path.join(cache, kind, hashOf(base).slice(0, 16), name);

/** @returns null if there is none, or none that can be read */
export const recall = async ({ host, cache }: Store, ...key: Key): Promise<string | null> =>
  cache === null ? null : orNull(host.readText(fileOf(cache, key), 1_000_000));

export async function keep({ host, cache }: Store, text: string, ...key: Key): Promise<void> {
  if (cache === null) return;
  const file = fileOf(cache, key);
  try {
    await host.makeDirectory(path.dirname(file), 0o700);
    await host.writeText(file, text);
  } catch (error) {
    // It will be fetched again.
    if (!(error instanceof WriteError)) throw error;
  }
}
