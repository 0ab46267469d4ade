/** Looks at what is known of the far side's files, without asking; what is not known yet is thrown as NotAsked. */
import fs from 'node:fs';
import type { ReadError } from '../host.ts';
import { failureOf } from '../read.ts';
import type { Look } from '../trust.ts';
import type { Entry, Known } from './tree.ts';

export const kindOf = ({ mode }: Pick<Entry, 'mode'>): number => mode & fs.constants.S_IFMT;

/** As node:fs would say it of this machine. */
export const failure = (code: string, path: string): ReadError => failureOf({ code }, path) as ReadError;

const mostLinks = 60;

interface Files extends Pick<Known, 'running'> {
  /** the path itself; null if there is nothing. @throws {NotAsked} */
  lookUp(path: string): Entry | null;
  /** where a link leads. @throws {NotAsked} */
  target(path: string): string;
}

export const lookIn = ({ lookUp, target, running }: Files): Look => ({
  lstat(path) {
    const found = lookUp(path);
    if (found === null) throw failure('ENOENT', path);
    return found;
  },
  readlink: target,
  stat(path) {
    const opened = running.get(Number(/^\/proc\/(\d+)\/exe$/.exec(path)?.[1] ?? Number.NaN));
    if (opened) return opened;
    let at = path;
    for (let count = 0; count < mostLinks; count += 1) {
      const found = lookUp(at);
      if (found === null) throw failure('ENOENT', path);
      if (kindOf(found) !== fs.constants.S_IFLNK) return found;
      const to = target(at);
      at = to.startsWith('/') ? to : `${at.slice(0, at.lastIndexOf('/'))}/${to}`;
    }
    throw failure('ELOOP', path);
  },
});
