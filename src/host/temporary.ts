/**
 * Directories for one run: below /run/subpathfix for root, else below the user's own runtime directory, else in the
 * directory for temporary files. Nobody else can foresee, read or change them; only what is this user's is removed.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WriteError } from './host.ts';
import { isAlive } from './processes.ts';
import { writing } from './write.ts';

/** By path: those that this run made, as the file system knows them. */
const made = new Map<string, Identity>();
type Identity = Pick<fs.Stats, 'dev' | 'ino'>;

const ownUser = (): number | undefined => process.geteuid?.();
const prefixOf = (purpose: string): string => `subpathfix-${purpose}-`;

/** The name says what it is for and whose process uses it. @throws {WriteError} when no place is left for it */
export async function makeTemporary(purpose: string): Promise<string> {
  const reasons: string[] = [];
  for (const place of places()) {
    try {
      return await writing(place.directory, () => makeIn(place, purpose));
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      reasons.push(error.message);
    }
  }
  throw new WriteError(
    `no directory for temporary files (${reasons.join('; ')}): set TMPDIR to one that you can write to`,
  );
}

/** Removes such a directory and everything in it. @throws {WriteError} for one that this run did not make */
export const removeTemporary = (directory: string): Promise<void> =>
  writing(directory, async () => {
    const known = made.get(directory);
    if (!known) throw new WriteError(`${directory}: was not made by this run, so it is not removed`);
    const found = await lstatOrNull(directory);
    if (found && (found.dev !== known.dev || found.ino !== known.ino)) {
      throw new WriteError(`${directory}: was replaced by something else, which is not removed`);
    }
    await fs.promises.rm(directory, { recursive: true, force: true });
    made.delete(directory);
  });

interface Place {
  directory: string;
  /** created where it is missing; only its owner may use it */
  isPrivate: boolean;
}

function places(): Place[] {
  const shared: Place = { directory: path.resolve(process.env['TMPDIR'] || os.tmpdir()), isPrivate: false };
  if (ownUser() === 0) return [{ directory: '/run/subpathfix', isPrivate: true }, shared];
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  return path.isAbsolute(runtime)
    ? [{ directory: path.join(runtime, 'subpathfix'), isPrivate: true }, shared]
    : [shared];
}

async function makeIn({ directory, isPrivate }: Place, purpose: string): Promise<string> {
  if (isPrivate) {
    await fs.promises.mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await checkPlace(directory, isPrivate);
  await removeAbandoned(directory, prefixOf(purpose));
  const temporary = await fs.promises.mkdtemp(path.join(directory, `${prefixOf(purpose)}${process.pid}-`));
  made.set(temporary, await fs.promises.lstat(temporary));
  return temporary;
}

/**
 * @throws {WriteError} where somebody else could put another directory in the place of ours: it belongs to neither
 * this user nor root, or others may write to it and it is not sticky
 */
async function checkPlace(directory: string, isPrivate: boolean): Promise<void> {
  const { uid, mode } = isPrivate
    ? await fs.promises.lstat(directory).then(directoryOnly)
    : await fs.promises.stat(directory).then(directoryOnly);
  const isOwned = uid === ownUser() || (uid === 0 && !isPrivate);
  const isOpen = (mode & 0o022) !== 0 && (isPrivate || (mode & 0o1000) === 0);
  if (isOwned && !isOpen) return;
  const why = isOwned ? 'others may write to it' : 'it belongs to another user';
  throw new WriteError(`${directory}: ${why}, so it is not used`, 'EACCES');

  function directoryOnly(found: fs.Stats): fs.Stats {
    if (found.isDirectory()) return found;
    throw new WriteError(`${directory}: is not a directory`, 'ENOTDIR');
  }
}

/** Removes those for the same purpose whose process has ended. Anybody can use such a name in a shared directory. */
async function removeAbandoned(directory: string, prefix: string): Promise<void> {
  for (const name of await fs.promises.readdir(directory)) {
    const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (owner === undefined || isAlive(Number(owner))) continue;
    const abandoned = path.join(directory, name);
    const found = await lstatOrNull(abandoned);
    if (!found?.isDirectory() || found.uid !== ownUser()) continue;
    // What cannot be removed does no harm.
    await fs.promises.rm(abandoned, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function lstatOrNull(file: string): Promise<fs.Stats | null> {
  try {
    return await fs.promises.lstat(file);
  } catch {
    return null;
  }
}
