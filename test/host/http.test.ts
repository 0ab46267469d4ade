/** How HTTP is spoken: redirects, proxies, what may be sent where, and what goes wrong. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { request } from '../../src/host/http.ts';
import { type Answer, checkStep, mayHaveToken, proxyIn } from '../../src/host/http-rules.ts';
import { proxy } from '../helpers/server.ts';

let asked: string[] = [];
beforeEach(() => {
  asked = [];
});
const server = http.createServer((question: IncomingMessage, response: ServerResponse) => {
  const { url = '' } = question;
  asked.push(url);
  const [, status, to] = /^\/redirect\/(\d+)\?to=(.*)$/.exec(url) ?? [];
  const [, count] = /^\/more\/(\d+)$/.exec(url) ?? [];
  const go = (code: number, location: string): unknown => response.writeHead(code, { location }).end();
  if (status) go(Number(status), decodeURIComponent(to ?? ''));
  else if (count) go(302, `/more/${Number(count) + 1}`);
  else if (url === '/itself') go(302, '/itself');
  else if (url === '/to') go(302, '/fro');
  else if (url === '/fro') go(302, '/to');
  else if (url === '/nowhere') response.writeHead(302).end();
  else response.end('hello');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const here = `127.0.0.1:${port}`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Env = Record<string, string>;
const ask = (url: string, env: Env = {}): Promise<Answer> =>
  request(env, url, { limit: 1000, signal: AbortSignal.timeout(10_000) });
const redirect = (status: number, to: string): string =>
  `http://${here}/redirect/${status}?to=${encodeURIComponent(to)}`;

describe('a redirect', () => {
  it.each([300, 301, 302, 303, 307, 308])('%i is followed', async (status) => {
    expect(await ask(redirect(status, '/there'))).toMatchObject({
      ...{ status: 200, body: 'hello', url: `http://${here}/there` },
    });
    expect(asked).toHaveLength(2);
  });

  it.each<[to: string, says: RegExp]>([
    ['http://', /redirects to an invalid URL/],
    ['file:///etc/passwd', /neither http nor https, which is not followed/],
    ['ftp://a.invalid/b', /neither http nor https, which is not followed/],
  ])('to "%s" is not, and not asked for again', async (to, says) => {
    await expect(ask(redirect(302, to))).rejects.toThrow(says);
    expect(asked).toHaveLength(1);
  });

  it.each<[path: string, requests: number, says: RegExp]>([
    ['/nowhere', 1, /redirects without a location/],
    ['/itself', 1, /redirects in a loop/],
    ['/to', 2, /redirects in a loop/],
    ['/more/1', 6, /redirects more than 5 times/],
  ])('%s ends after %i', async (where, requests, says) => {
    await expect(ask(`http://${here}${where}`)).rejects.toThrow(says);
    expect(asked).toHaveLength(requests);
  });

  it.each<[from: string, to: string, follows: boolean]>([
    ['https://a.example/b', 'https://c.example/', true],
    ['http://a.example/b', 'https://c.example/', true],
    ['http://a.example/b', 'http://c.example/', true],
    ['https://a.example/b', 'http://a.example/b', false],
  ])('from %s to %s: %j', (from, to, follows) => {
    const step = (): void => checkStep(from, new URL(to));
    if (follows) expect(step).not.toThrow();
    else expect(step).toThrow(/from https to http \(a\.example\), which is not followed/);
  });
});

describe('a proxy', () => {
  it.each<[name: string, env: Env, expected: string]>([
    ['http_proxy', { http_proxy: 'http://p:1' }, 'http://p:1'],
    ['http_proxy', { HTTP_PROXY: 'p:1' }, 'http://p:1'],
    ['http_proxy', { http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' }, 'http://low:1'],
    ['https_proxy', { http_proxy: 'http://p:1' }, ''],
    ['https_proxy', { https_proxy: 'socks5://s:1' }, 'socks5://s:1'],
    ['http_proxy', {}, ''],
  ])('%s in %j', (name, env, expected) => {
    expect(proxyIn(env, name)).toBe(expected);
  });

  it('that is no URL is refused', async () => {
    await expect(ask('http://a.invalid/', { HTTP_PROXY: 'ftp://x' })).rejects.toThrow(
      /HTTP_PROXY is not a proxy URL/,
    );
  });

  it.each<[url: string, no_proxy: string, through: boolean]>([
    ['http://a.invalid/', '', true],
    ['http://a.invalid/', 'b.invalid, a.invalid', false],
    ['http://sub.a.invalid/', '.a.invalid', false],
    ['http://sub.a.invalid/', 'a.invalid:80', false],
    ['http://sub.a.invalid/', 'a.invalid:81', true],
    ['http://nota.invalid/', 'a.invalid', true],
    ['http://a.invalid/', '*', false],
  ])('for %s with NO_PROXY "%s": %j', async (url, no_proxy, through) => {
    const answer = ask(url, { http_proxy: here, no_proxy });
    if (through) expect(await answer).toMatchObject({ body: 'hello' });
    else await expect(answer).rejects.toThrow(/unknown host/);
    expect(asked).toEqual(through ? [url] : []);
  });

  it('for http is not used for https, and the other way round', async () => {
    const between = await proxy({ port });
    const env = { http_proxy: `127.0.0.1:${between.port}` };
    await expect(ask('https://a.invalid/', env)).rejects.toThrow(/unknown host/);
    await expect(ask('http://a.invalid/', { https_proxy: env.http_proxy })).rejects.toThrow(/unknown host/);
    expect(between).toMatchObject({ tunnels: [], plain: [] });
    await expect(ask('https://a.invalid/', { https_proxy: env.http_proxy })).rejects.toThrow(/TLS/);
    expect(between.tunnels[0]).toBe('a.invalid:443');
  });

  it('that refuses the tunnel is the reason, and is not asked again', async () => {
    let tunnels = 0;
    const refusing = http.createServer();
    refusing.on('connect', (_, socket) => {
      tunnels += 1;
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    afterAll(() => void refusing.close());
    const env = { https_proxy: `127.0.0.1:${(refusing.address() as AddressInfo).port}` };
    await expect(ask('https://a.invalid/', env)).rejects.toThrow(/the proxy asks for a password \(407\)/);
    expect(tunnels).toBe(1);
  });
});

it('is not asked for again where the port does not speak TLS', async () => {
  await expect(ask(`https://${here}/`)).rejects.toThrow(/this port does not speak TLS; .* use http:\/\//);
});

it('says how long was waited, over all attempts', async () => {
  const silent = http.createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  await expect(request({}, url, { limit: 1, signal: AbortSignal.timeout(300) })).rejects.toThrow(
    /no complete answer within 0\.[3-9] s; allow more time with --timeout/,
  );
});

describe('a token may go', () => {
  it.each<[url: string, may: boolean]>([
    ['https://raw.githubusercontent.com/NixOS/nixpkgs/x', true],
    ['https://api.github.com/x', true],
    ['https://github.com/x', true],
    ['https://objects.githubusercontent.com/x', true],
    ['http://raw.githubusercontent.com/x', false],
    ['https://raw.githubusercontent.com:8443/x', false],
    ['https://raw.githubusercontent.com.evil.example/x', false],
    ['https://evilgithubusercontent.com/x', false],
    ['https://evil-github.com/x', false],
    ['https://nixos.github.io/x', false],
    ['https://github.com@evil.example/x', false],
    ['https://channels.nixos.org/x', false],
    ['https://127.0.0.1/raw.githubusercontent.com', false],
  ])('to %s: %j', (url, may) => {
    expect(mayHaveToken(url)).toBe(may);
  });
});
