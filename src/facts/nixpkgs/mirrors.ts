/** Where nixpkgs is read from over HTTP, and how mirrors replace one another. */
import type { Advisory } from '../../advisory/index.ts';
import { type Answer, HttpError, problem, type Request } from '../../host/http-rules.ts';
import { within } from '../../host/pause.ts';
import { NotUnderstood } from '../fact.ts';
import type { Store } from './store.ts';

export interface Remote extends Store {
  /** for GitHub; fetched once, and only if it is needed */
  token: () => Promise<string | null>;
  /** in the order in which they are tried; none ends with a slash */
  bases: string[];
  rawBases: string[];
  advisory: Advisory;
  /** aborts all requests */
  signal: AbortSignal;
  /** when the signal fires, by the monotonic clock */
  deadline: number;
}

/**
 * The answer of the first base that has one. Each gets its share of the time that is left, so a slow one leaves
 * some for the next.
 * @throws {HttpError} that says why each base failed
 * @throws {NotUnderstood} if the last one's file cannot be read
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
 * Requests a text.
 * @param expected a status without a text that is also an answer
 * @throws {HttpError} for any other answer without the requested text
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
