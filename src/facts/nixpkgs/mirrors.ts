/** Where nixpkgs is read from over HTTP, and how several bases stand in for one another. */
import { type Answer, HttpError, problem, type Request } from '../../host/http-rules.ts';
import { within } from '../../host/pause.ts';
import { NotUnderstood } from '../fact.ts';
import type { Store } from './store.ts';

export interface Remote extends Store {
  /** for GitHub; asked for once, and only where it is of use */
  token: () => Promise<string | null>;
  /** in the order in which they are tried; none ends with a slash */
  bases: string[];
  rawBases: string[];
  /** where nixpkgs has util-linux, and where it had it before */
  files: string[];
  /** ends everything */
  signal: AbortSignal;
  /** when the signal comes, by the clock that is never set */
  deadline: number;
}

/**
 * What the first base gives that gives it. Each gets its share of the time that is left, so that a slow one
 * leaves some to the next.
 * @throws {HttpError} that says of each base why it did not
 * @throws {NotUnderstood} where the last one's file cannot be read
 */
export async function firstOf<T>(
  { host, signal, deadline }: Remote,
  bases: string[],
  ask: (base: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const reasons: string[] = [];
  for (const [index, base] of bases.entries()) {
    const share = (deadline - host.monotonic()) / (bases.length - index);
    try {
      return await ask(base, within(Math.max(share, 0), signal));
    } catch (error) {
      const isLast = index === bases.length - 1;
      if (!(error instanceof HttpError || (error instanceof NotUnderstood && !isLast))) throw error;
      reasons.push(error.message);
    }
  }
  throw new HttpError(reasons.join('; '));
}

/**
 * Asks for a text.
 * @param expected a status without a text that is an answer too
 * @throws {HttpError} for an answer that is not the text that was asked for
 */
export async function fetchText(
  { host, token }: Remote,
  url: string,
  request: Omit<Request, 'token'>,
  expected?: number,
): Promise<Answer> {
  const answer = await host.request(url, { ...request, token });
  if (answer.status === expected) return answer;
  const reason = problem(answer, new Date(host.now()));
  if (reason !== null) throw new HttpError(reason);
  return answer;
}
