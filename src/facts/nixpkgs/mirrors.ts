/** Where nixpkgs is read from over HTTP, and how several bases stand in for one another. */
import type { Http } from '../../host/http.ts';
import { HttpError } from '../../host/http-rules.ts';
import type { Store } from '../../host/store.ts';

export interface Remote {
  http: Http;
  store: Store;
  /** in the order in which they are tried; none ends with a slash */
  bases: string[];
  rawBases: string[];
  /** ends everything */
  signal: AbortSignal;
  /** the clock, as performance.now gives it, at which the signal comes */
  deadline: number;
}

/** A file that came, and says nothing that can be read. */
export class FileError extends Error {
  override name = 'FileError';
}

/**
 * What the first base gives that gives it. Each gets its share of the time that is left, so that a slow one
 * leaves some to the next.
 * @throws {HttpError} that says of each base why it did not
 * @throws {FileError} where the last one's file cannot be read
 */
export async function firstOf<T>(
  remote: Remote,
  bases: string[],
  ask: (base: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const reasons: string[] = [];
  for (const [index, base] of bases.entries()) {
    const turn = new AbortController();
    const end = (): void => turn.abort();
    const share = (remote.deadline - performance.now()) / (bases.length - index);
    const timer = setTimeout(end, Math.max(share, 0));
    remote.signal.addEventListener('abort', end);
    try {
      if (remote.signal.aborted) end();
      return await ask(base, turn.signal);
    } catch (error) {
      const refused = error instanceof HttpError || error instanceof FileError;
      if (!refused || (error instanceof FileError && index === bases.length - 1)) throw error;
      reasons.push(error.message);
    } finally {
      clearTimeout(timer);
      remote.signal.removeEventListener('abort', end);
    }
  }
  throw new HttpError(reasons.join('; '));
}
