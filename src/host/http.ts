/** The only place that talks HTTP. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FetchResponse } from 'make-fetch-happen';
import { cacheTrouble, readable } from './http-errors.ts';
import { type Answer, HttpError, mayHaveToken, proxyFor, redirectTarget } from './http-rules.ts';
import { isUsable } from './store.ts';

interface GetOptions {
  /** bytes; a longer body is not read on */
  limit: number;
  /** keep the answer on the disk, and ask with its ETag the next time */
  revalidate: boolean;
  signal: AbortSignal;
}

export interface Http {
  /**
   * @returns the answer, whatever its status, after redirects
   * @throws {HttpError} where there is none, or not all of it
   */
  get(url: string, options: GetOptions): Promise<Answer>;
}

export interface HttpClientOptions {
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  /** null: nothing is kept */
  cacheDirectory: string | null;
  /** asked for once, and only for a host of GitHub's */
  token: () => Promise<string | null>;
  log?: (line: string) => void;
}

const mostRedirects = 5;
const attempts = 3;
/** Milliseconds before the second attempt; the third waits three times as long. */
const backOff = 200;

export function httpClient(client: HttpClientOptions): Http {
  let usable: Promise<string | null> | undefined;
  const cachePath = (): Promise<string | null> => {
    const { cacheDirectory } = client;
    usable ??=
      cacheDirectory === null
        ? Promise.resolve(null)
        : isUsable(cacheDirectory).then((is) => (is ? cacheDirectory : null));
    return usable;
  };
  let token: Promise<string | null> | undefined;
  const tokenFor = async (url: string): Promise<string | null> => {
    if (!mayHaveToken(url)) return null;
    token ??= client.token();
    return token;
  };

  /** One request. The token is decided for each anew, so that no redirect takes it along. */
  async function request(url: string, options: GetOptions): Promise<Answer> {
    const { default: fetch } = await import('make-fetch-happen');
    const bearer = await tokenFor(url);
    const proxy = proxyFor(url, client.env);
    const stop = new AbortController();
    // The cache writes down the headers that Vary names: a request with a token stays out of it.
    const cache = options.revalidate && bearer === null ? await cachePath() : null;
    let failed: unknown = null;
    try {
      options.signal.throwIfAborted();
      const response = await untilAborted(
        fetch(url, {
          headers: {
            accept: 'text/plain, */*;q=0.5',
            'user-agent': `subpathfix/${client.version}`,
            ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          },
          redirect: 'manual',
          compress: false,
          retry: false,
          onRetry: (cause: unknown) => {
            failed = cause;
          },
          signal: stop.signal,
          maxSockets: 64,
          cache: cache === null ? 'no-store' : 'no-cache',
          ...(cache === null ? {} : { cachePath: cache }),
          ...(proxy === null ? { noProxy: [new URL(url).hostname] } : { proxy, noProxy: [] }),
        }),
        options.signal,
      );
      // Whoever waits for it hears of its failure; without a listener it would end the process.
      response.body.on('error', () => undefined);
      // A failed revalidation is answered with what the cache has. That would pass for today's answer.
      if (failed instanceof Error) throw failed;
      const status = (failed as { status?: number } | null)?.status ?? response.status;
      const { headers } = response;
      const body =
        status === 200 ? await untilAborted(text(response, url, options.limit), options.signal) : '';
      return { url, status, header: (name) => headers.get(name), body, withToken: bearer !== null };
    } finally {
      // Ends a request that was given up, and what is left of a body; after the end it does nothing.
      stop.abort();
    }
  }

  /** Asks again after what passes: a broken connection, a body cut off, a server's bad moment. */
  async function persistently(url: string, options: GetOptions): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const started = performance.now();
      const log = (outcome: string): void =>
        client.log?.(`GET ${url}  # ${outcome}, ${Math.round(performance.now() - started)} ms`);
      let again: boolean;
      try {
        const answer = await request(url, options);
        log(answer.header('x-local-cache-status') === 'revalidated' ? '304' : String(answer.status));
        again = answer.status === 408 || answer.status >= 500;
        if (!again || attempt === attempts) return answer;
      } catch (error) {
        const reason = readable(url, error, options.signal, started);
        log(reason.message);
        const trouble = cacheTrouble.has((error as NodeJS.ErrnoException).code ?? '');
        if (trouble && (await cachePath()) !== null) {
          usable = Promise.resolve(null);
          continue;
        }
        if (!reason.passing || attempt === attempts) throw reason;
      }
      const wait = backOff * 3 ** (attempt - 1) * (0.75 + Math.random() / 2);
      await pause(wait, undefined, { signal: options.signal }).catch((error: unknown) => {
        throw readable(url, error, options.signal, started);
      });
    }
  }

  return {
    async get(url, options) {
      let target = url;
      for (let hop = 0; hop <= mostRedirects; hop += 1) {
        const answer = await persistently(target, options);
        if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
        target = redirectTarget(target, answer.header('location'));
      }
      throw new HttpError(`${url}: redirects without end (more than ${mostRedirects}); try a mirror`);
    },
  };
}

/** Reads to the end or to the limit, whatever the server says of the length. */
async function text({ body, headers }: FetchResponse, url: string, limit: number): Promise<string> {
  // The cache takes an empty body for an error.
  if (headers.get('content-length') === '0') return '';
  const tooLarge = (): HttpError =>
    new HttpError(
      `${url}: more than the ${limit} bytes that are read, so not what was asked for; try a mirror`,
    );
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw tooLarge();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The promise, or the abort of the signal, whichever is first; what comes later is dropped. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  promise.catch(() => undefined);
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
