/** What a request may carry and where it may go, decided from its URL alone; and what an answer means. */
import { exitCodes, UserError } from '../errors.ts';

/** A request that gave no usable answer; the message says what happened, where, and what to do. */
export class HttpError extends UserError {
  constructor(
    message: string,
    /** whether trying again soon can help */
    readonly passing = false,
  ) {
    super(message, exitCodes.undetermined);
  }
}

export interface Request {
  /** bytes; a longer body is refused */
  limit: number;
  signal: AbortSignal;
  headers?: Record<string, string> | undefined;
  /** used only for GitHub's URLs */
  token?: () => Promise<string | null>;
}

export interface Answer {
  /** where it came from, after redirects */
  url: string;
  status: number;
  /** a header's value; null if there is none */
  header(name: string): string | null;
  /** empty unless the status is 200 */
  body: string;
  /** whether a token went with the request */
  withToken: boolean;
}

/** Whether a token for GitHub may go there: GitHub's own hosts, encrypted, on the usual port. */
export function mayHaveToken(url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const github = /^(?:(?:api\.|raw\.)?github\.com|(?:[a-z0-9-]+\.)*githubusercontent\.com)$/;
  return protocol === 'https:' && port === '' && github.test(hostname);
}

/**
 * The value of a proxy's variable as a URL; names in lower case come first, as in curl.
 * @returns empty for none
 * @throws {HttpError} if the variable is not a URL
 */
export function proxyIn(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name] || env[name.toUpperCase()];
  if (!value) return '';
  const proxy = /^[a-z0-9+.-]+:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(proxy) && /^(?:https?|socks5?):$/.test(new URL(proxy).protocol)) return proxy;
  throw new HttpError(`${name.toUpperCase()} is not a proxy URL; set it to one such as http://host:3128`);
}

/**
 * Refuses what would make a secure connection worth nothing, and what node would warn about in its own words.
 * @param isUsable whether a file can be read, and holds certificates
 * @throws {HttpError}
 */
export function checkCertificates(
  {
    NODE_TLS_REJECT_UNAUTHORIZED: checked,
    NODE_EXTRA_CA_CERTS: file,
  }: Readonly<Record<string, string | undefined>>,
  isUsable: (file: string) => boolean,
): void {
  if (checked === '0') {
    throw new HttpError(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates: unset it, and set NODE_EXTRA_CA_CERTS to a file with your own',
    );
  }
  if (file && !isUsable(file)) {
    throw new HttpError(
      `NODE_EXTRA_CA_CERTS: ${file}: is not a readable file of certificates; correct or unset it`,
    );
  }
}

/**
 * Refuses a redirect from https to http.
 * @throws {HttpError}
 */
export function checkStep(from: string, to: URL): void {
  if (from.startsWith('https:') && to.protocol === 'http:') {
    throw new HttpError(`${from}: redirects from https to http (${to.host}), which is not followed`);
  }
}

/**
 * Why an answer is not the requested text.
 * @param now for a limit that is given in seconds from now
 * @returns null if it may be
 */
export function problem(answer: Answer, now: Date): string | null {
  const { status, url } = answer;
  if (status === 200) return contentProblem(answer);
  if (status === 407) return `${url}: the proxy asks for a password (407); add it to the proxy variable`;
  const ends = limitEnds(answer, now);
  if (status === 429 || (status === 403 && ends !== null)) {
    const until = ends === null ? '' : `, until ${ends.toISOString()}`;
    const token = answer.withToken ? '' : '; a token in GITHUB_TOKEN, or `gh auth login`, raises the limit';
    return `${url}: too many requests, rate limit reached (${status})${until}: wait${token}`;
  }
  if (status === 404 || status === 403 || status === 410) {
    return `${url}: ${status === 403 ? 'refused' : 'not found'} (${status}); check the name and the base URL`;
  }
  if (status >= 500) return `${url}: the server failed (${status}); try again later, or a mirror`;
  return `${url}: unexpected status ${status}; try a mirror`;
}

function contentProblem({ url, body, header }: Answer): string | null {
  const type = (header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/html/.test(type) || /^\s*(?:<!doctype|<html)/i.test(body)) {
    return `${url}: answered with a web page, perhaps a login page (captive portal); log in, or try a mirror`;
  }
  const encoding = header('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    return `${url}: answered compressed (${encoding}), which was not asked for; try a mirror`;
  const text = type === '' || /^text\/|\/octet-stream$|nix/.test(type);
  return text ? null : `${url}: answered with ${type} instead of text; check the base URL`;
}

/** When a rate limit ends, by x-ratelimit-reset (seconds since 1970) or retry-after. */
function limitEnds({ header }: Answer, now: Date): Date | null {
  const reset = header('x-ratelimit-reset');
  const after = header('retry-after');
  const time =
    reset !== null && header('x-ratelimit-remaining') === '0'
      ? Number(reset) * 1000
      : after === null
        ? Number.NaN
        : /^\d+$/.test(after)
          ? now.getTime() + Number(after) * 1000
          : Date.parse(after);
  return Math.abs(time) <= 8.64e15 ? new Date(time) : null;
}
