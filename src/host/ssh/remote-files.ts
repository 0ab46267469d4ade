/** The far side's files: what is known of them already, else asked for; what is asked at once goes in one round trip. */
import fs from 'node:fs';
import { ReadError } from '../host.ts';
import { resolveLinks } from '../resolve.ts';
import { type Look, NotAsked } from '../trust.ts';
import type { Connection } from './connection.ts';
import { failure, kindOf, lookIn } from './look.ts';
import { quoted } from './quote.ts';
import { type Entry, type Known, learn, nothingKnown } from './tree.ts';

export interface RemoteFiles {
  known: Known;
  /** Has a line of the agent's done, with all others that are asked for meanwhile. @throws {HostError} */
  request(line: string): Promise<void>;
  /** Nothing that is known counts any more: something was changed there. */
  forget(): void;
  /**
   * Asks for paths of which nothing is known, all in one round trip.
   * @param line of the agent, for a word that is a path: what it is asked for; default: what is there
   */
  prepare(paths: readonly string[], line?: (word: string) => string): Promise<void>;
  /** What a path leads to. @throws {ReadError} */
  real(path: string): Promise<{ path: string; entry: Entry }>;
  /** The path itself, what its last part links to not followed. @throws {ReadError} */
  beside(path: string): Promise<{ path: string; entry: Entry }>;
  /** Runs what looks without asking, until nothing is left to ask. */
  looking<T>(path: string, ask: (look: Look) => T): Promise<T>;
  target(path: string): string;
}

/** ms. What /proc says is out of date then. */
export const freshMs = 5000;
const isVolatile = (path: string): boolean => path.startsWith('/proc/');

/** Two of the same are the most that one question takes, and many links may lead through each other. */
const mostQuestions = 60;

/** @param ownPid what /proc/self is there; it may be known only later */
export function remoteFiles(connection: Connection, ownPid: () => number): RemoteFiles {
  const known = nothingKnown();
  let learnedAt = performance.now();
  let forgets = false;
  let pending: { lines: Set<string>; done: Promise<void> } | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const forget = (wanted: (path: string) => boolean): void => {
    forgets = true;
    for (const map of [known.entries, known.links, known.names, known.contents])
      for (const path of map.keys()) if (wanted(path)) map.delete(path);
    known.processes = null;
    known.running.clear();
  };
  const send = async (lines: ReadonlySet<string>): Promise<void> => {
    const all = forgets ? ['forget', ...lines] : [...lines];
    forgets = false;
    const sections = await connection.ask(all);
    learn(known, sections, connection.ending, performance.now());
    learnedAt = performance.now();
  };
  const request = (line: string): Promise<void> => {
    if (!pending) {
      const lines = new Set<string>();
      const before = last;
      const done = before
        .catch(() => undefined)
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => {
          pending = null;
          return send(lines);
        });
      pending = { lines, done };
      last = done;
    }
    pending.lines.add(line);
    return pending.done;
  };
  const own = (path: string): string => path.replace(/^\/proc\/self(?=\/|$)/, `/proc/${ownPid()}`);
  const lookUp = (path: string): Entry | null => {
    const found = known.entries.get(path);
    if (found !== undefined) return found;
    for (let above = path; above !== '/'; ) {
      const name = above.slice(above.lastIndexOf('/') + 1);
      above = above.slice(0, above.lastIndexOf('/')) || '/';
      if (known.entries.get(above) === null || known.names.get(above)?.includes(name) === false) return null;
    }
    throw new NotAsked(path);
  };
  const target = (path: string): string => {
    const targets = known.links.get(path);
    if (targets === undefined) throw new NotAsked(path);
    // What is read of a process before and after are two answers.
    const found = isVolatile(path) && targets.length > 1 ? targets.shift() : targets.at(-1);
    if (typeof found !== 'string') throw failure('ENOENT', path);
    return found;
  };
  const links = {
    async target(path: string): Promise<string> {
      const found = lookUp(path);
      if (found === null) throw failure('ENOENT', path);
      if (kindOf(found) !== fs.constants.S_IFLNK) throw failure('EINVAL', path);
      const to = target(path);
      if (to === '') throw failure('EINVAL', path);
      return to;
    },
    async isDirectory(path: string): Promise<boolean> {
      const found = lookUp(path);
      if (found === null) throw failure('ENOENT', path);
      return kindOf(found) === fs.constants.S_IFDIR;
    },
  };
  const entryAt = (path: string, given: string): Entry => {
    const found = lookUp(path);
    if (found) return found;
    const above = lookUp(path.slice(0, path.lastIndexOf('/')) || '/');
    throw failure(above && kindOf(above) !== fs.constants.S_IFDIR ? 'ENOTDIR' : 'ENOENT', given);
  };
  /** Asks for the path first, then for what it turns out to lead through. */
  const asking = async <T>(path: string, ask: () => T | Promise<T>): Promise<T> => {
    if (performance.now() - learnedAt > freshMs) forget(isVolatile);
    const asked = new Set<string>();
    for (let count = 0; count < mostQuestions; count += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof NotAsked)) {
          if (error instanceof ReadError)
            throw error.message.startsWith(path) ? error : failure(error.code, path);
          throw error;
        }
        const next = asked.has(path) ? error.path : path;
        if (asked.has(next)) break;
        asked.add(next);
        await request(`walk ${quoted(next)}`);
      }
    }
    throw failure('EIO', path);
  };
  const checked = (path: string): string => {
    if (path.includes('\0')) throw failure('ERR_INVALID_ARG_VALUE', path);
    if (path.includes('\n'))
      throw new ReadError(`${JSON.stringify(path)}: has a line break in its name`, 'EINVAL');
    return own(path);
  };
  return {
    known,
    request,
    forget: () => forget(() => true),
    target,
    async prepare(paths, line = (word) => `walk ${word}`) {
      const unknown = await Promise.all(
        paths
          .filter((path) => !/[\0\n]/.test(path))
          .map(async (path) => {
            try {
              await resolveLinks(links, own(path));
              return [];
            } catch (error) {
              return error instanceof NotAsked ? [own(path)] : [];
            }
          }),
      );
      await Promise.all(unknown.flat().map((path) => request(line(quoted(path)))));
    },
    async real(given) {
      const path = checked(given);
      return asking(path, async () => {
        const real = await resolveLinks(links, path);
        return { path: real, entry: entryAt(real, given) };
      });
    },
    async beside(given) {
      const path = checked(given);
      const [, above = '', name = ''] = /^(.*\/)?([^/]*)\/*$/s.exec(path) ?? [];
      if (/^\.{0,2}$/.test(name)) return this.real(given);
      return asking(path, async () => {
        const directory = await resolveLinks(links, above);
        const at = directory === '/' ? `/${name}` : `${directory}/${name}`;
        return { path: at, entry: entryAt(at, given) };
      });
    },
    looking: (given, ask) => {
      const path = checked(given);
      return asking(path, () => ask(lookIn({ lookUp, target, running: known.running })));
    },
  };
}
