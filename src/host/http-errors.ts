/** Why a request failed, in words for a person. */
import { HttpError } from './http-rules.ts';

const noAnswer = 'there was no answer; check the network and the proxy';
const cutOff = 'the connection was cut off; try again, or a mirror';
const notHttp = 'what answers there does not speak HTTP; check the address and the port';
const noTls = 'this port does not speak TLS; check the address, or use http://';

const reasons: Record<string, string> = {
  ENOTFOUND: 'unknown host; check the name, the network and the proxy',
  EAI_AGAIN: 'the host cannot be looked up; check the network',
  ECONNREFUSED: 'the connection was refused; check the address and the proxy',
  ECONNRESET: cutOff,
  EPIPE: cutOff,
  UND_ERR_SOCKET: cutOff,
  UND_ERR_BODY_TIMEOUT: cutOff,
  HPE_INVALID_EOF_STATE: cutOff,
  UND_ERR_HEADERS_OVERFLOW: notHttp,
  ETIMEDOUT: noAnswer,
  UND_ERR_CONNECT_TIMEOUT: noAnswer,
  UND_ERR_HEADERS_TIMEOUT: noAnswer,
  EHOSTUNREACH: 'the host cannot be reached; check the network',
  ENETUNREACH: 'the network is unreachable; check it',
  ERR_INVALID_URL: 'redirects to an invalid URL; try a mirror',
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  EPROTO: noTls,
};

/** Trying again soon changes nothing. */
const lasting = new Set(['ENOTFOUND', 'ERR_INVALID_URL', 'ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO']);

/** How far a request came. */
export interface Progress {
  /** the URL that was asked last: a redirect leads elsewhere */
  at: string;
  /** of the body; null before it begins */
  bytes: number | null;
}

/** What undici reports without a code. */
const words: [RegExp, reason: string][] = [
  [/^Response does not match the HTTP/, notHttp],
  [/^Redirect loop/, 'redirects in a loop; try a mirror'],
  [
    /^Invalid URL protocol/,
    'redirects to something that is neither http nor https, which is not followed; try a mirror',
  ],
  [/^Proxy response \(407\)/, 'the proxy asks for a password (407); add it to the proxy variable'],
  [/^Proxy response /, 'the proxy refused the connection; check the proxy'],
];

/**
 * @param asked the URL that the request began with
 * @param signal the time limit, or Ctrl-C
 * @param milliseconds since the request was started
 */
export function readable(
  asked: string,
  { at, bytes }: Progress,
  error: unknown,
  signal: AbortSignal,
  milliseconds: number,
): HttpError {
  const { code = '', message, cause } = error as NodeJS.ErrnoException;
  for (const known of [error, cause]) if (known instanceof HttpError) return known;
  const url = at === asked ? asked : `${asked}: redirected to ${at}`;
  if (signal.aborted) {
    const begun = bytes === null ? '' : `, only ${bytes} bytes of it: the server is slow`;
    const seconds = (milliseconds / 1000).toFixed(1);
    return new HttpError(
      `${url}: no complete answer within ${seconds} s${begun}; allow more time with --timeout`,
    );
  }
  const byMessage = words.find(([pattern]) => pattern.test(message))?.[1];
  if (byMessage) return new HttpError(`${url}: ${byMessage}`);
  const reason = reasons[code];
  if (reason) return new HttpError(`${url}: ${reason}`, !lasting.has(code));
  if (/CERT|SELF_SIGNED|UNABLE_TO|SSL|TLS/.test(code)) {
    return new HttpError(
      `${url}: the certificate is not trusted (${code}); set NODE_EXTRA_CA_CERTS to a file with your own`,
    );
  }
  return new HttpError(`${url}: the request failed: ${message.split('\n', 1)[0]}`, true);
}
