/** Which commit a channel has: read over HTTP, or as it was last seen. */
import { type Answer, HttpError } from '../../host/http-rules.ts';
import { fetchText, firstOf, type Remote } from './mirrors.ts';
import { keep, recall } from './store.ts';

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
