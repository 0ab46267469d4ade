/** What the nixpkgs of a channel or commit says about util-linux: read over HTTP, once per commit. */
import { standing } from '../../advisory/version.ts';
import { type Answer, HttpError } from '../../host/http-rules.ts';
import { known, NotUnderstood, unreadable } from '../fact.ts';
import { type NixpkgsFacts, unreadNixpkgs } from '../facts.ts';
import { fetchText, firstOf, type Remote } from './mirrors.ts';
import { keep, recall } from './store.ts';

/** util-linux's package.nix is about 10 kB; a file a hundred times larger is something else. */
const fileLimit = 1_000_000;
const revisionLimit = 1000;

/** A channel's revision, and when it was seen. */
export interface ChannelRevision {
  revision: string;
  /** when the channel moved to it, by Last-Modified; null if the server does not say */
  date: string | null;
  /** when it was requested */
  asOf: string;
  url: string;
  /** for the next, conditional request; null if there was none */
  etag: string | null;
}

/** The revision in the body of git-revision; null if that is not a commit id. */
export function parseRevision(body: string): string | null {
  const text = body.trim();
  return /^[0-9a-f]{40}$/.test(text) ? text : null;
}

/**
 * The revision that a channel has now.
 * @throws {HttpError} that says why each base failed
 */
export async function readChannel(remote: Remote, name: string): Promise<ChannelRevision> {
  return firstOf(remote, remote.bases, async (base, signal) => {
    const url = `${base}/${name}/git-revision`;
    const before = await keptRevision(remote, base, name);
    const headers = before?.etag ? { 'if-none-match': before.etag } : undefined;
    const answer = await fetchText(remote, url, { limit: revisionLimit, headers, signal }, headers && 304);
    const asOf = new Date(remote.host.now()).toISOString();
    const found = before && answer.status === 304 ? { ...before, asOf } : revisionIn(answer, asOf, url);
    await keep(remote, JSON.stringify(found), 'channels', base, name);
    return found;
  });
}

function revisionIn({ body, header, url: from }: Answer, asOf: string, url: string): ChannelRevision {
  const revision = parseRevision(body);
  if (revision === null) {
    throw new HttpError(`${from}: the answer is not a commit id; try a mirror`);
  }
  const modified = new Date(header('last-modified') ?? Number.NaN);
  const date = Number.isNaN(modified.getTime()) ? null : modified.toISOString();
  return { revision, date, asOf, url, etag: header('etag') };
}

/** The last revision that was seen of a channel; null if none was. */
export async function recallChannel(remote: Remote, name: string): Promise<ChannelRevision | null> {
  for (const base of remote.bases) {
    const kept = await keptRevision(remote, base, name);
    if (kept) return kept;
  }
  return null;
}

async function keptRevision(remote: Remote, base: string, name: string): Promise<ChannelRevision | null> {
  const text = await recall(remote, 'channels', base, name);
  try {
    const kept = JSON.parse(text ?? 'null') as Partial<ChannelRevision> | null;
    return kept && isChannelRevision(kept) ? kept : null;
  } catch {
    // An unreadable entry counts as none.
    return null;
  }
}

function isChannelRevision(kept: Partial<ChannelRevision>): kept is ChannelRevision {
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isTime = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value));
  const { revision, date, asOf, url, etag } = kept;
  const hasTimes = isTime(asOf) && (date === null || isTime(date));
  const hasTexts = isText(url) && (etag === null || isText(etag));
  return isText(revision) && parseRevision(revision) !== null && hasTimes && hasTexts;
}

/**
 * What nixpkgs says about util-linux at a commit, as `--nixpkgs` reads it from a checkout.
 * @returns facts that are unreadable, with the reason, when the file cannot be fetched or read
 */
export async function readRevision(remote: Remote, revision: string): Promise<NixpkgsFacts> {
  try {
    if (parseRevision(revision) === null) {
      throw new HttpError(`"${revision}" is not a commit id of 40 hexadecimal digits`);
    }
    return await readFacts(remote, revision);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return unreadNixpkgs(
      unreadable('no-answer', `cannot be read: ${error.message}`),
      known(revision, 'given'),
    );
  }
}

/**
 * What the file of util-linux says at a commit. It never changes, so it is fetched once.
 * @returns facts that are unreadable when the file cannot be read
 * @throws {HttpError} when it cannot be fetched
 */
export async function readFacts(remote: Remote, revision: string): Promise<NixpkgsFacts> {
  try {
    const kept = await recallFacts(remote, revision);
    return (
      kept ??
      (await firstOf(remote, remote.rawBases, (base, signal) => fetchFacts(remote, base, revision, signal)))
    );
  } catch (error) {
    if (error instanceof PartlyRead) return error.facts;
    if (!(error instanceof NotUnderstood)) throw error;
    const fact = unreadable('not-understood', `cannot be read: ${error.message}`);
    return unreadNixpkgs(fact, known(revision, 'given'));
  }
}

/** What the cached file of a commit says; null if none is cached. */
export async function recallFacts(remote: Remote, revision: string): Promise<NixpkgsFacts | null> {
  for (const base of remote.rawBases) {
    for (const file of remote.advisory.nixpkgs.files) {
      const source = await recall(remote, 'files', base, `${revision}/${file}`);
      try {
        if (source !== null) return await factsOf(remote, base, revision, file, source, null);
      } catch (error) {
        // A cached file that no longer parses is fetched again.
        if (!(error instanceof NotUnderstood)) throw error;
      }
    }
  }
  return null;
}

/** Loaded only when a file is to be parsed: it is the largest part of the program. */
const reader = () => import('./read.ts');

/** The file at its current path, else at its former one. */
async function fetchFacts(
  remote: Remote,
  base: string,
  revision: string,
  signal: AbortSignal,
): Promise<NixpkgsFacts> {
  const { files } = remote.advisory.nixpkgs;
  // Loads during the request; an error surfaces where it is awaited.
  reader().catch(() => undefined);
  for (const file of files) {
    const source = await fetchFile(remote, base, `${revision}/${file}`, signal);
    if (source === null) continue;
    const facts = await factsOf(remote, base, revision, file, source, signal);
    await keep(remote, source, 'files', base, `${revision}/${file}`);
    return facts;
  }
  throw new HttpError(
    `${base}/${revision}: has none of ${files.join(', ')} (404); check the commit and the base URL`,
  );
}

/** null if there is none */
async function fetchFile(remote: Remote, base: string, name: string, signal: AbortSignal) {
  const { status, body } = await fetchText(remote, `${base}/${name}`, { limit: fileLimit, signal }, 404);
  return status === 404 ? null : body;
}

/** @param signal null: files that it imports are taken from the cache alone */
async function factsOf(
  remote: Remote,
  base: string,
  revision: string,
  file: string,
  source: string,
  signal: AbortSignal | null,
): Promise<NixpkgsFacts> {
  const where = `${base}/${revision}/${file}`;
  const load = async (target: string): Promise<string> => {
    if (target.startsWith('..')) throw new HttpError('it is outside of nixpkgs');
    const name = `${revision}/${target}`;
    const kept = await recall(remote, 'files', base, name);
    const text = kept ?? (signal && (await fetchFile(remote, base, name, signal)));
    if (text === null) throw new HttpError(signal ? 'there is none (404)' : 'it is not in the cache');
    if (kept === null) await keep(remote, text, 'files', base, name);
    return text;
  };
  const facts = await (await reader()).factsIn(
    { path: file, where, source, load },
    revision,
    remote.advisory,
  );
  const { utilLinux, patches } = facts;
  if (patches.known || !utilLinux.known || standing(utilLinux.value, remote.advisory) !== 'affected')
    return facts;
  throw new PartlyRead(facts, patches.reason.text);
}

/** A version that only its patches can settle, and they are not understood: another mirror may have better. */
class PartlyRead extends NotUnderstood {
  constructor(
    readonly facts: NixpkgsFacts,
    message: string,
  ) {
    super(message);
  }
}
