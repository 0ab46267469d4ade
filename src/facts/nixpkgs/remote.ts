/** What the nixpkgs of a channel, or of a commit, says of util-linux: read over HTTP, once for a commit. */
import type { Advisory } from '../../advisory/index.ts';
import { type Answer, HttpError, problem } from '../../host/http-rules.ts';
import { known, unreadable } from '../fact.ts';
import { FileError, firstOf, type Remote } from './mirrors.ts';
import type { NixpkgsFacts } from './package.ts';

/** package.nix of util-linux has about 10 kB; a hundred times that is something else. */
const fileLimit = 1_000_000;
const revisionLimit = 1000;

/** A channel's revision, and when that was so. */
export interface ChannelRevision {
  revision: string;
  /** when the channel got it, by Last-Modified; null where the server does not say */
  date: string | null;
  /** when it was asked for */
  asOf: string;
  url: string;
}

/** The revision in the body of git-revision; null where it holds no commit id. */
export function parseRevision(body: string): string | null {
  const text = body.trim();
  return /^[0-9a-f]{40}$/.test(text) ? text : null;
}

/**
 * The revision that a channel has now.
 * @throws {HttpError} that says of each base why it did not give it
 */
export async function readChannel(remote: Remote, name: string): Promise<ChannelRevision> {
  return firstOf(remote, remote.bases, async (base, signal) => {
    const url = `${base}/${name}/git-revision`;
    const answer = await remote.http.get(url, { limit: revisionLimit, revalidate: true, signal });
    refuse(answer);
    const revision = parseRevision(answer.body);
    if (revision === null) {
      throw new HttpError(`${answer.url}: answered with something that is not a commit id; try a mirror`);
    }
    const modified = new Date(answer.header('last-modified') ?? Number.NaN);
    const date = Number.isNaN(modified.getTime()) ? null : modified.toISOString();
    const found = { revision, date, asOf: new Date().toISOString(), url };
    await remote.store.put({ kind: 'channels', base, name }, JSON.stringify(found));
    return found;
  });
}

/** The revision that the channel had when it was last asked for; null where it never was. */
export async function recallChannel(remote: Remote, name: string): Promise<ChannelRevision | null> {
  for (const base of remote.bases) {
    const text = await remote.store.get({ kind: 'channels', base, name });
    try {
      const kept = JSON.parse(text ?? 'null') as Partial<ChannelRevision> | null;
      if (kept && isChannelRevision(kept)) return kept;
    } catch {
      // what cannot be read is as good as not kept
    }
  }
  return null;
}

function isChannelRevision(kept: Partial<ChannelRevision>): kept is ChannelRevision {
  const { revision, date, asOf, url } = kept;
  const isTime = (text: unknown): boolean => typeof text === 'string' && !Number.isNaN(Date.parse(text));
  return (
    typeof revision === 'string' &&
    parseRevision(revision) !== null &&
    (date === null || isTime(date)) &&
    isTime(asOf) &&
    typeof url === 'string'
  );
}

/**
 * What nixpkgs says of util-linux at a commit, as `--nixpkgs` says it of a checkout.
 * @returns facts that are unreadable, with the reason, when the file cannot be had or read
 */
export async function readRevision(
  remote: Remote,
  revision: string,
  advisory: Advisory,
): Promise<NixpkgsFacts> {
  try {
    if (parseRevision(revision) === null) {
      throw new HttpError(`"${revision}" is not a commit id of 40 hexadecimal digits`);
    }
    return (await recallFile(remote, revision, advisory)) ?? (await readFile(remote, revision, advisory));
  } catch (error) {
    if (!(error instanceof HttpError || error instanceof FileError)) throw error;
    const fact = unreadable(`cannot be read: ${error.message}`);
    return { utilLinux: fact, patches: fact, withPatches: fact, revision: known(revision, 'given') };
  }
}

/**
 * Asks for the file of util-linux at a commit. It never changes: recallFile has it from then on.
 * @throws {HttpError} when it cannot be had
 * @throws {FileError} when it came and cannot be read
 */
export async function readFile(remote: Remote, revision: string, advisory: Advisory): Promise<NixpkgsFacts> {
  return firstOf(remote, remote.rawBases, (base, signal) =>
    fetchFile(remote, base, revision, advisory, signal),
  );
}

/** What the kept file of a commit says; null where none is kept. */
export async function recallFile(
  remote: Remote,
  revision: string,
  advisory: Advisory,
): Promise<NixpkgsFacts | null> {
  for (const base of remote.rawBases) {
    for (const file of advisory.nixpkgs.files) {
      const text = await remote.store.get({ kind: 'files', base, name: `${revision}/${file}` });
      try {
        if (text !== null) return await parseFile(text, revision, `${base}/${revision}/${file}`);
      } catch (error) {
        // A kept file that no longer parses is fetched anew.
        if (!(error instanceof FileError)) throw error;
      }
    }
  }
  return null;
}

/** The file at its place of today, or of before where that is not there. */
async function fetchFile(
  remote: Remote,
  base: string,
  revision: string,
  advisory: Advisory,
  signal: AbortSignal,
): Promise<NixpkgsFacts> {
  for (const file of advisory.nixpkgs.files) {
    const url = `${base}/${revision}/${file}`;
    // Meanwhile; what it can fail with comes when it is awaited.
    grammar().catch(() => undefined);
    const answer = await remote.http.get(url, { limit: fileLimit, revalidate: false, signal });
    if (answer.status === 404) continue;
    refuse(answer);
    const facts = await parseFile(answer.body, revision, url);
    await remote.store.put({ kind: 'files', base, name: `${revision}/${file}` }, answer.body);
    return facts;
  }
  throw new HttpError(
    `${base}/${revision}: has none of ${advisory.nixpkgs.files.join(', ')} (404); check the commit and the base URL`,
  );
}

/** Loaded where a file is to be read, and no sooner: it is the largest part of the program. */
async function grammar() {
  const [{ NotUnderstood }, { parsePackage }] = await Promise.all([
    import('./syntax.ts'),
    import('./package.ts'),
  ]);
  return { NotUnderstood, parsePackage };
}

async function parseFile(source: string, revision: string, url: string): Promise<NixpkgsFacts> {
  const { NotUnderstood, parsePackage } = await grammar();
  try {
    const { version, withPatches, patches } = await parsePackage(source);
    return {
      utilLinux: known(version, url),
      patches: known({ version, patches: patches.map(({ local, ...patch }) => patch) }, url),
      withPatches: known(withPatches, url),
      revision: known(revision, url),
    };
  } catch (error) {
    if (error instanceof NotUnderstood) throw new FileError(`${url}: ${error.message}`);
    if (error instanceof RangeError) throw new FileError(`${url}: it is nested too deeply`);
    throw error;
  }
}

/** @throws {HttpError} for an answer that is not the text that was asked for */
function refuse(answer: Answer): void {
  const reason = problem(answer, new Date());
  if (reason !== null) throw new HttpError(reason);
}
