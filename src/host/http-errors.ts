/** Why a request failed, in words for a person. */
import { HttpError } from './http-rules.ts';

/** Errors of a cache that cannot be used: the disk's, or content that is not what its index says. */
export const cacheTrouble = new Set(
  'EACCES EPERM EROFS ENOSPC EDQUOT ENOTDIR EISDIR EEXIST ENOENT ELOOP ENAMETOOLONG EINTEGRITY ENODATA'.split(
    ' ',
  ),
);

const networkReasons: Record<string, string> = {
  ENOTFOUND: 'the host is not known; check the name, the network and the proxy',
  EAI_AGAIN: 'the host cannot be looked up; check the network',
  ECONNREFUSED: 'the connection was refused; check the address and the proxy',
  ECONNRESET: 'the connection was cut off; try again, or a mirror',
  EPIPE: 'the connection was cut off; try again, or a mirror',
  ETIMEDOUT: 'there was no answer; check the network and the proxy',
  EHOSTUNREACH: 'the host cannot be reached; check the network',
  ENETUNREACH: 'the network cannot be reached; check it',
};

/** What an error says to a person.
 * @param started when the request was, as performance.now gives it
 */
export function readable(url: string, error: unknown, signal: AbortSignal, started: number): HttpError {
  if (error instanceof HttpError) return error;
  if (signal.aborted) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return new HttpError(`${url}: no full answer within ${seconds} s; allow more with --timeout`);
  }
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (/CERT|SELF_SIGNED|UNABLE_TO|SSL|TLS/.test(code)) {
    return new HttpError(
      `${url}: the certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS names a file with one's own`,
    );
  }
  const reason = networkReasons[code];
  const cut = /aborted|premature|socket hang up|terminated/i.test(message);
  const said =
    reason ?? (cut ? networkReasons['ECONNRESET'] : `the request failed: ${message.split('\n', 1)[0]}`);
  return new HttpError(`${url}: ${said}`, code !== 'ENOTFOUND');
}
