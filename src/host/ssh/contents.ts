/** Reads files of the far side, within limits. */
import fs from 'node:fs';
import { ReadError } from '../host.ts';
import { headBytes } from './connection.ts';
import { failure, kindOf } from './look.ts';
import { quoted } from './quote.ts';
import { freshMs, type RemoteFiles } from './remote-files.ts';
import type { Content } from './tree.ts';

/** No more of a file comes over the network; a package database of rpm can be larger. */
const mostBytes = 64 * 1024 * 1024;

/** A program of which so much is asked for is looked at for its headers, and for what it wraps. */
const programBytes = 4_000_000;

export interface RemoteContents {
  readText(path: string, limit: number): Promise<string>;
  readHead(path: string, bytes: number): Promise<Buffer>;
  readChunks(path: string, limit?: number): AsyncIterable<Uint8Array>;
  readDirectory(path: string): Promise<string[]>;
}

export function remoteContents(files: RemoteFiles): RemoteContents {
  const { known } = files;
  /** What is known already, if it is enough; what is read of a process before and after are two answers. */
  const taken = (path: string, wanted: number): Content | null => {
    const all = known.contents.get(path) ?? [];
    const isOld = path.startsWith('/proc/') && (all.at(-1)?.at ?? 0) < performance.now() - freshMs;
    const isEnough = ({ bytes, asked }: Content): boolean => bytes.length < asked || asked >= wanted;
    const found = isOld ? undefined : all.find(isEnough);
    if (!found) {
      known.contents.delete(path);
      return null;
    }
    // A mount table is looked at again to see what has changed.
    if (path.endsWith('/mountinfo')) known.contents.delete(path);
    else if (all.length > 1)
      known.contents.set(path, all.slice(all.indexOf(found) + (all.at(-1) === found ? 0 : 1)));
    return found;
  };
  const read = async (given: string, wanted: number): Promise<Content> => {
    await files.prepare([given], (word) => `file ${wanted} ${word}`);
    const { path, entry } = await files.real(given);
    const kind = kindOf(entry);
    if (kind === fs.constants.S_IFDIR) throw failure('EISDIR', given);
    if (kind !== fs.constants.S_IFREG) throw new ReadError(`${given}: not a regular file`, 'EINVAL');
    let found = taken(path, wanted);
    if (!found) {
      await files.request(`file ${wanted} ${quoted(path)}`);
      found = taken(path, wanted);
    }
    if (!found) throw failure('ENOENT', given);
    if (found.failed) throw failure(path.startsWith('/proc/') ? 'ESRCH' : 'EIO', given);
    return found;
  };
  const whole = async (given: string, limit: number): Promise<Buffer> => {
    const most = Math.min(limit, mostBytes);
    const { bytes } = await read(given, most + 1);
    if (bytes.length <= most) return bytes;
    const why = limit > mostBytes ? ', more than is fetched from a host' : '';
    throw new ReadError(`${given}: larger than ${most} bytes${why}`, 'EFBIG');
  };
  return {
    readText: async (path, limit) => (await whole(path, limit)).toString('utf8'),
    async readHead(path, bytes) {
      if (bytes > programBytes) return whole(path, mostBytes);
      const wanted = Math.min(bytes, headBytes);
      return (await read(path, wanted)).bytes.subarray(0, wanted);
    },
    async *readChunks(path, limit = mostBytes) {
      yield await whole(path, limit);
    },
    async readDirectory(given) {
      await files.prepare([given], (word) => `list ${word}`);
      const { path, entry } = await files.real(given);
      if (kindOf(entry) !== fs.constants.S_IFDIR) throw failure('ENOTDIR', given);
      if (!known.names.has(path)) await files.request(`list ${quoted(path)}`);
      const names = known.names.get(path);
      if (names) return [...names];
      if (names === undefined) throw failure('ENOENT', given);
      throw new ReadError(`${given}: has a name with a line break`, 'EINVAL');
    },
  };
}
