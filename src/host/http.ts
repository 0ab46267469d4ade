/**
 * The only place that speaks HTTP, with undici: the library behind node's own fetch, which neither uses proxies
 * on Node 20 nor allows refusing a step of a redirect.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import {
  buildConnector,
  type Dispatcher,
  EnvHttpProxyAgent,
  interceptors,
  Pool,
  request as send,
} from 'undici';
import packageJson from '../../package.json' with { type: 'json' };
import { withoutSecrets } from '../text/escape.ts';
import type { Environment } from './host.ts';
import { type Progress, readable } from './http-errors.ts';
import {
  type Answer,
  checkCertificates,
  checkStep,
  HttpError,
  mayHaveToken,
  proxyIn,
  type Request,
} from './http-rules.ts';
import { pause } from './pause.ts';

const mostRedirects = 5;
const attempts = 3;
/** Milliseconds before the second attempt; the third waits three times as long. */
const backOff = 200;
const redirects = new Set([300, 301, 302, 303, 307, 308]);

/**
 * Retries what may pass: a broken connection, a body cut off, a server error. Not with undici's retry, which
 * resumes a body by range and fails if the server does not support ranges.
 * @throws {HttpError}
 */
export async function request(env: Environment, url: string, options: Request): Promise<Answer> {
  const started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const progress: Progress = { at: url, bytes: null };
    try {
      const answer = await counted(options.signal, () => once(env, url, options, progress));
      const failed = answer.status === 408 || answer.status >= 500;
      if (!failed || attempt === attempts) return answer;
    } catch (error) {
      const reason = readable(url, progress, error, options.signal, performance.now() - started);
      if (!reason.passing || attempt === attempts) throw reason;
    }
    await pause(backOff * 3 ** (attempt - 1) * (0.75 + Math.random() / 2), options.signal);
  }
}

let open = 0;
let abandoned = false;
const sockets = new Set<Socket>();

/** Keeps every socket in sight, from the moment that it is made. */
function tracked(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    // The types do not say that it returns the socket.
    const socket: unknown = connector(options, callback);
    if (!(socket instanceof Socket)) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
}

const connect = tracked(buildConnector({}));
const toProxy = (origin: URL, options: object): Pool =>
  new Pool(origin, { ...options, connections: 64, connect });

/**
 * Ends with the signal, also while a connection is being made, for which undici waits. Such a connection would keep
 * the process alive: it is closed when no other request may need it.
 */
async function counted<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  open += 1;
  const stop = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { signal: stop.signal });
  });
  try {
    return await Promise.race([ask(), aborted]);
  } finally {
    stop.abort();
    open -= 1;
    abandoned ||= signal.aborted;
    if (open === 0 && abandoned) {
      for (const agent of agents.values()) agent.destroy().catch(() => undefined);
      agents.clear();
      for (const socket of sockets) socket.destroy();
      abandoned = false;
    }
  }
}

async function once(
  env: Environment,
  url: string,
  { limit, signal, headers, token }: Request,
  progress: Progress,
): Promise<Answer> {
  signal.throwIfAborted();
  const bearer = token && mayHaveToken(url) ? await token() : null;
  let withToken = false;
  /** Sees each step as it is sent: only here is it certain where a token goes. */
  const step: Dispatcher.DispatcherComposeInterceptor = () => (sent, handler) => {
    const to = new URL(sent.path, sent.origin);
    try {
      checkStep(url, to);
      if (to.protocol === 'https:') checkCertificates(env, holdsCertificates);
      progress.at = withoutSecrets(to.href);
      withToken = bearer !== null && mayHaveToken(to.href);
      const authorization = withToken ? { authorization: `Bearer ${bearer}` } : {};
      const allHeaders = { ...common, ...headers, ...authorization };
      return agentFor(env, to.protocol).dispatch({ ...sent, headers: allHeaders }, handler);
    } catch (error) {
      handler.onResponseError?.(null as never, error as Error);
      return true;
    }
  };
  const redirect = interceptors.redirect({ maxRedirections: mostRedirects });
  const dispatcher = agentFor(env, new URL(url).protocol).compose(step, redirect);
  const answer = await send(url, { signal, dispatcher });
  const { statusCode: status } = answer;
  if (redirects.has(status)) {
    await answer.body.dump();
    const where = answer.headers['location'] ? `more than ${mostRedirects} times` : 'without a location';
    throw new HttpError(`${url}: redirects ${where}; try a mirror`);
  }
  const body = status === 200 ? await text(answer.body, progress, limit) : '';
  if (status !== 200) await answer.body.dump();
  const header = (name: string): string | null => {
    const value = answer.headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  return { url: progress.at, status, header, body, withToken };
}

function holdsCertificates(file: string): boolean {
  try {
    return readFileSync(file, 'latin1').includes('-----BEGIN ');
  } catch {
    return false;
  }
}

const common = { accept: 'text/plain, */*;q=0.5', 'user-agent': `subpathfix/${packageJson.version}` };

const agents = new Map<string, EnvHttpProxyAgent>();

/**
 * One agent per proxy, so that connections are reused. With a single agent, undici would send https through the
 * proxy for http if https has none; curl does not.
 * @throws {HttpError} for a variable that is not a URL
 */
function agentFor(env: Environment, protocol: string): EnvHttpProxyAgent {
  const proxy = proxyIn(env, protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  const noProxy = env['no_proxy'] || env['NO_PROXY'] || '';
  const key = `${proxy} ${noProxy}`;
  const agent =
    agents.get(key) ??
    new EnvHttpProxyAgent({
      httpProxy: proxy,
      httpsProxy: proxy,
      noProxy,
      // Plain http is not tunnelled: many proxies allow a tunnel only to port 443.
      proxyTunnel: false,
      connections: 64,
      connect,
      clientFactory: toProxy,
    });
  agents.set(key, agent);
  return agent;
}

/** Reads to the end or to the limit, whatever length the server announces. */
async function text(body: AsyncIterable<Uint8Array>, progress: Progress, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  progress.bytes = 0;
  for await (const chunk of body) {
    progress.bytes += chunk.length;
    if (progress.bytes > limit) {
      throw new HttpError(
        `${progress.at}: more than ${limit} bytes, so not the requested file; try a mirror`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
