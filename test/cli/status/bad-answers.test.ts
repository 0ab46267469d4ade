import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commit, fixture, type Handler, nixpkgs, proxy, serve, slowly } from '../../helpers/server.ts';
import { bare, bases, status, statusText, temporary } from '../../helpers/status.ts';
import { root } from '../../helpers/tools.ts';

const good = nixpkgs({
  good: { revision: commit('1'), nixpkgs: 'upstream-2.41.1' },
  other: { revision: commit('2'), nixpkgs: 'upstream-2.41.1' },
});

/** Something wrong with git-revision of `bad`, or with the file of its revision; the channel `good` is well. */
const badly = (part: 'revision' | 'file', bad: Handler): Handler => {
  const other = commit('b');
  return (request, response) => {
    const { url = '' } = request;
    if (url.startsWith(part === 'revision' ? '/channels/bad/' : `/raw/${other}/`))
      return bad(request, response);
    if (url.startsWith('/channels/bad/')) return response.end(other);
    return good(request, response);
  };
};

const answer =
  (code: number, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    response.writeHead(code, headers).end(body);

const html = '<!DOCTYPE html><html><body>Log in to the network</body></html>';

/** Never ends: writes until nobody reads. */
const endless =
  (headers: Record<string, string>): Handler =>
  (_, response) => {
    response.writeHead(200, headers);
    const chunk = Buffer.alloc(65_536, 'a');
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };

const cutOff: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': '5000' });
  response.write('{ stdenv }: stdenv.mkDerivation {');
  setTimeout(() => response.destroy(), 20);
};

const silent: Handler = () => undefined;

/** The head and a first byte, then nothing. */
const stalling: Handler = (_, response) => {
  response.writeHead(200, { 'content-length': '41' });
  response.write('1');
};

const ends = Math.floor(Date.parse('2030-01-02T03:04:05Z') / 1000);
const limited = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(ends) };

describe('a channel that cannot be read', () => {
  it.each<[name: string, part: 'revision' | 'file', bad: Handler, says: RegExp, requests?: number]>([
    [
      'no answer',
      'revision',
      silent,
      /git-revision: no complete answer within [\d.]+ s; allow more time with --timeout/,
    ],
    ['an answer that stalls', 'file', stalling, /package\.nix: no complete answer within/],
    ['cut off in the body', 'file', cutOff, /package\.nix: the connection was cut off; try again/, 3],
    ['cut off at once', 'revision', (_, { socket }) => socket?.destroy(), /the connection was cut off/, 3],
    ['a server error', 'file', answer(502, 'bad gateway'), /package\.nix: the server failed \(502\)/, 3],
    ['not there', 'revision', answer(404, ''), /git-revision: not found \(404\); check the name/, 1],
    ['refused', 'revision', answer(403, ''), /git-revision: refused \(403\); check the name/, 1],
    [
      'limited, until then',
      'file',
      answer(403, '', limited),
      /rate limit reached \(403\), until 2030-01-02T03:04:05\.000Z: wait; a token in GITHUB_TOKEN/,
      1,
    ],
    [
      'limited, for so long',
      'file',
      answer(429, '', { 'retry-after': '60' }),
      /rate limit reached \(429\), until \d{4}-\d\d-\d\dT[\d:.]+Z: wait/,
      1,
    ],
    [
      'in neither place',
      'file',
      answer(404, ''),
      /has none of pkgs\/by-name.*, pkgs\/os-specific.*\(404\)/,
      2,
    ],
    ['a loop', 'revision', answer(302, '', { location: '?' }), /redirects in a loop/, 1],
    ['a redirect to nowhere', 'file', answer(302, ''), /redirects without a location/, 1],
    [
      'a redirect to a file',
      'file',
      answer(301, '', { location: 'file:///etc/passwd' }),
      /is not followed/,
      1,
    ],
    ['a login page', 'revision', answer(200, html, { 'content-type': 'text/html' }), /captive portal/, 1],
    [
      'a piece of a page',
      'file',
      answer(200, '<p>Log in', { 'content-type': 'text/html' }),
      /captive portal/,
      1,
    ],
    [
      'a login page called text',
      'file',
      answer(200, html, { 'content-type': 'text/plain' }),
      /captive portal/,
      1,
    ],
    [
      'another type',
      'file',
      answer(200, fixture('upstream-2.41.1').text, { 'content-type': 'image/png' }),
      /answered with image\/png instead of text/,
      1,
    ],
    ['no commit id', 'revision', answer(200, 'not a revision'), /the answer is not a commit id/, 1],
    ['a short commit id', 'revision', answer(200, 'abcdef0'), /the answer is not a commit id/, 1],
    ['two commit ids', 'revision', answer(200, `${commit('1')}\n${commit('2')}`), /not a commit id/, 1],
    ['nothing', 'revision', answer(200, '', { 'content-length': '0' }), /the answer is not a commit id/, 1],
    ['nothing, of no length', 'revision', answer(200, ''), /the answer is not a commit id/, 1],
    ['100 MB', 'revision', endless({ 'content-length': '100000000' }), /more than 1000 bytes/, 1],
    ['no end', 'revision', endless({}), /more than 1000 bytes/, 1],
    ['no end', 'file', endless({ 'content-type': 'text/plain' }), /more than 1000000 bytes/, 1],
    ['304 to a plain question', 'file', answer(304, ''), /unexpected status 304/, 1],
    [
      'a broken head',
      'revision',
      (_, { socket }) => socket?.end('garbage\r\n\r\n'),
      /git-revision: what answers there does not speak HTTP/,
    ],
  ])('%s, for the %s', async (_, part, bad, says, requests) => {
    const server = await serve(badly(part, bad));
    const begun = Date.now();
    const { exitCode, stderr, document } = await status(server, ['bad', 'good', '--timeout', '3']);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
    const [wrong, right] = document.channels;
    expect(wrong).toMatchObject({ state: 'unreachable', utilLinux: null });
    expect(wrong?.because).toMatch(says);
    expect(wrong?.because).toContain(server.url);
    expect(wrong?.because).not.toMatch(/\n/);
    expect(right).toMatchObject({ summary: 'already fixed' });
    if (requests !== undefined) {
      const prefix = part === 'revision' ? '/channels/bad/' : '/raw/b';
      expect(server.asked.filter(({ url }) => url.startsWith(prefix))).toHaveLength(requests);
    }
  });

  it.each([
    ['a file that ends too soon', fixture('truncated').text],
    ['a file of something else', '{ stdenv }: stdenv.mkDerivation { pname = "hello"; }'],
    ['no Nix', 'hello'],
    ['nothing', ''],
  ])('is undetermined by %s, and asked for again', async (_, text) => {
    const server = await serve(badly('file', answer(200, text)));
    const cache = temporary();
    for (const times of [1, 2]) {
      const { exitCode, document } = await status(server, ['bad'], { cache });
      expect(exitCode).toBe(3);
      expect(document.channels[0]).toMatchObject({ state: 'undetermined', revision: commit('b') });
      expect(server.asked.filter(({ url }) => url.startsWith('/raw/'))).toHaveLength(times);
    }
  });

  it('stops reading what is too long', async () => {
    let written = 0;
    const server = await serve(
      badly('file', (_, response) => {
        const chunk = Buffer.alloc(1_000_000, ' ');
        const more = (): void => {
          for (; written < 100 && !response.destroyed; written += 1) {
            if (!response.write(chunk)) break;
          }
        };
        response.on('drain', () => {
          written += 1;
          more();
        });
        more();
      }),
    );
    expect((await status(server, ['bad'])).exitCode).toBe(3);
    expect(written).toBeLessThan(50);
  });

  it('comes back when asking again helps', async () => {
    let times = 0;
    const server = await serve((request, response) => {
      times += 1;
      return times <= 2 ? answer(503, '')(request, response) : good(request, response);
    });
    const { exitCode } = await status(server, ['good']);
    expect({ exitCode, requests: server.asked.length }).toEqual({ exitCode: 0, requests: 4 });
  });

  it('does not take what was kept for what is', async () => {
    const cache = temporary();
    const server = await serve(good);
    expect((await status(server, ['good'], { cache })).exitCode).toBe(0);
    const cutAtOnce: Handler = (_, { socket }) => socket?.destroy();
    for (const handler of [answer(500, ''), cutAtOnce, cutOff, answer(200, html), answer(200, 'x')]) {
      server.handler = handler;
      const { exitCode, document } = await status(server, ['good'], { cache });
      expect(exitCode).toBe(3);
      expect(document.channels[0]).toMatchObject({ state: 'unreachable', revision: null });
    }
    server.handler = good;
    expect((await status(server, ['good'], { cache })).exitCode).toBe(0);
  });

  it('lets no escape sequence through', async () => {
    const hostile = 'text/\u009b31m';
    const server = await serve(badly('revision', answer(200, 'x', { 'content-type': `image/x;${hostile}` })));
    const { stdout } = await statusText(server, ['bad']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
    expect(stdout).not.toMatch(/[\u001b\u009b]/);
  });
});

describe('a redirect', () => {
  it('is followed, to another host too', async () => {
    const there = await serve(good);
    const server = await serve((request, response) =>
      response.writeHead(302, { location: `${there.url}${request.url}` }).end(),
    );
    const { exitCode, document } = await status(server, ['good']);
    expect(exitCode).toBe(0);
    expect(document.channels[0]).toMatchObject({ revision: commit('1'), date: '2026-11-20T10:00:00.000Z' });
  });
});

describe('a proxy', () => {
  it('is used for what NO_PROXY does not name', async () => {
    const server = await serve(good);
    const between = await proxy({ port: server.port });
    const env = { HTTP_PROXY: `127.0.0.1:${between.port}` };
    const far = { url: 'http://channels.invalid' };
    expect((await status(far, ['good'], { env })).exitCode).toBe(0);
    expect(between.plain).toHaveLength(2);
    expect(between.plain[0]).toBe('http://channels.invalid/channels/good/git-revision');
    expect((await status(server, ['good'], { env: { ...env, NO_PROXY: '127.0.0.1' } })).exitCode).toBe(0);
    expect((await status(server, ['good'], { env: { ...env, NO_PROXY: '*' } })).exitCode).toBe(0);
    expect(between.plain).toHaveLength(2);
    // HTTPS_PROXY is for https alone.
    expect((await status(server, ['good'], { env: { HTTPS_PROXY: 'http://127.0.0.1:9' } })).exitCode).toBe(0);
  });

  it('that is not there, or is none, is the reason', async () => {
    const server = await serve(good);
    const gone = await status(server, ['good'], { env: { http_proxy: 'http://127.0.0.1:9' } });
    expect(gone.exitCode).toBe(3);
    expect(gone.document.channels[0]?.because).toMatch(
      /the connection was refused; check the address and the proxy/,
    );
    const none = await status(server, ['good'], { env: { http_proxy: '::nonsense' } });
    expect(none.document.channels[0]?.because).toMatch(/HTTP_PROXY is not a proxy URL/);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['before the answer', silent],
    ['in the middle of it', stalling],
  ])('ends it at once, %s', async (_, handler) => {
    const server = await serve(handler);
    const child = execa('node', [path.join(root, 'dist/main.cjs'), 'status', ...bases(server), 'a', 'b'], {
      env: bare(temporary()),
      reject: false,
    });
    while (server.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const begun = Date.now();
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 130, stdout: '', stderr: '' });
    expect(Date.now() - begun).toBeLessThan(1500);
  });
});

describe('channels', () => {
  it('are asked for all at once', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
    const told = Object.fromEntries(
      names.map((name, index) => [name, { revision: commit(String(index)), nixpkgs: 'upstream-2.41.1' }]),
    );
    const server = await serve(slowly(200, nixpkgs(told)));
    expect((await status(server, names)).exitCode).toBe(0);
    expect(server.overlap).toBe(8);
    expect(server.asked).toHaveLength(16);
  });
});
