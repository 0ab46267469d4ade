/** Servers that are not what they should be, each told in its own words, and soon. */

import type { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commit, type Handler, listening, nixpkgs, serve } from '../helpers/server.ts';
import { status, statusText, temporary } from '../helpers/status.ts';
import { subpathfix, tool } from '../helpers/tools.ts';

const good = nixpkgs({ good: { revision: commit('1'), nixpkgs: 'upstream-2.41.1' } });
const password = 's3cr3t-passw0rd';

const open = new Set<Socket>();
afterAll(() => {
  for (const socket of open) socket.destroy();
});

/** A port where something else than a web server answers. */
async function port(answer: (socket: Socket) => unknown): Promise<number> {
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  afterAll(() => void server.close());
  return listening(server);
}

const every = (milliseconds: number, socket: EventEmitter, act: () => unknown): void => {
  const timer = setInterval(act, milliseconds);
  socket.once('close', () => clearInterval(timer));
};

let certificate: string;
let tls: number;
beforeAll(async () => {
  const directory = temporary();
  const key = path.join(directory, 'key.pem');
  certificate = path.join(directory, 'certificate.pem');
  await execa(tool('openssl'), [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
    ...['-keyout', key, '-out', certificate, '-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = https.createServer(options, good);
  tls = await listening(server);
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
});

interface Case {
  url: () => Promise<string>;
  env?: () => Promise<Record<string, string>>;
  says: RegExp;
}

const silent = (): Promise<number> => port(() => undefined);
const at = async (scheme: string, where: Promise<number> | number): Promise<string> =>
  `${scheme}://127.0.0.1:${await where}`;
const serving = async (handler: Handler): Promise<string> => (await serve(handler)).url;

const cases: Record<string, Case> = {
  'a port that is not TLS': {
    url: () =>
      at(
        'https',
        port((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
      ),
    says: /: this port does not speak TLS; check the address, or use http:\/\//,
  },
  'a port that speaks something else': {
    url: () =>
      at(
        'http',
        port((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
      ),
    says: /: what answers there does not speak HTTP; check the address and the port/,
  },
  'a head without end': {
    url: () =>
      at(
        'http',
        port((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}\r\n\r\n`)),
      ),
    says: /: what answers there does not speak HTTP/,
  },
  'a slow drip': {
    url: () =>
      serving((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        every(50, response, () => response.write('1'));
      }),
    says: /: no complete answer within [\d.]+ s, only \d+ bytes of it: the server is slow; allow more time/,
  },
  'a slow drip of its head': {
    url: () =>
      at(
        'http',
        port((socket) => every(50, socket, () => socket.write('HTTP/1.1 '.charAt(socket.bytesWritten)))),
      ),
    says: /: no complete answer within [\d.]+ s; allow more time/,
  },
  'a port that is silent, by TLS': { url: () => at('https', silent()), says: /: no complete answer within/ },
  'a proxy that is silent': {
    url: async () => 'https://nobody.invalid',
    env: async () => ({ https_proxy: await at('http', silent()) }),
    says: /: no complete answer within/,
  },
  'a proxy that is silent, by TLS': {
    url: async () => 'https://nobody.invalid',
    env: async () => ({ https_proxy: await at('https', silent()) }),
    says: /: no complete answer within/,
  },
  'a proxy that is not there, with a password': {
    url: async () => 'http://nobody.invalid',
    env: async () => ({ http_proxy: `http://user:${password}@127.0.0.1:1` }),
    says: /: the connection was refused; check the address and the proxy/,
  },
  'a SOCKS proxy, which node calls experimental,': {
    url: async () => 'https://nobody.invalid',
    env: async () => ({ https_proxy: `socks5://user:${password}@127.0.0.1:1` }),
    says: /: the connection was refused/,
  },
  'a proxy that is no URL, with a password': {
    url: async () => 'https://nobody.invalid',
    env: async () => ({ https_proxy: `http://user:${password}@[::` }),
    says: /HTTPS_PROXY is not a proxy URL/,
  },
  'a redirect to a URL with a password': {
    url: () =>
      serving((_, response) =>
        response
          .writeHead(302, { location: `http://user:${password}@127.0.0.1:1/x?token=${password}` })
          .end(),
      ),
    says: /: redirected to http:\/\/127\.0\.0\.1:1\/x\?token=\*\*\*: the connection was refused/,
  },
  'a redirect to nothing': {
    url: () => serving((_, response) => response.writeHead(308, { location: '' }).end()),
    says: /: redirects without a location/,
  },
  'a certificate that nobody trusts': {
    url: () => at('https', tls),
    says: /: the certificate is not trusted \(.*\); set NODE_EXTRA_CA_CERTS/,
  },
  'certificates that are not checked': {
    url: () => at('https', tls),
    env: async () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    says: /NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates: unset it/,
  },
  'an answer that is compressed': {
    url: () =>
      serving((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' }).end('x'),
      ),
    says: /: answered compressed \(gzip\), which was not asked for/,
  },
};

describe.concurrent('a channel', () => {
  it.each(Object.entries(cases))(
    'behind %s is unreachable, in its own words',
    async (_, { url, env, says }) => {
      const begun = Date.now();
      const where = await url();
      const args = ['bad', '--timeout', '3', '--verbose'];
      const { exitCode, stderr, stdout, document } = await status({ url: where }, args, {
        env: { ...(await env?.()) },
      });
      expect(document.channels[0]?.because).toMatch(says);
      expect(exitCode).toBe(3);
      expect(stdout + stderr).not.toContain(password);
      for (const line of stderr.split('\n').filter(Boolean)) expect(line).toMatch(/^\+ GET http/);
      // Nothing waits for a connection that is still being made.
      expect(Date.now() - begun).toBeLessThan(9000);
    },
  );
});

describe('a permanent redirect', () => {
  it.each([301, 308])('%i is followed with the cache, each time again', async (code) => {
    const there = await serve(good);
    const server = await serve((request, response) =>
      response
        .writeHead(code, { location: `${there.url}${request.url}`, 'cache-control': 'max-age=3600' })
        .end('moved'),
    );
    const cache = temporary();
    for (const requests of [2, 3, 4]) {
      const { exitCode, document } = await status(server, ['good'], { cache });
      expect({ exitCode, because: document.channels[0]?.because }).toMatchObject({ exitCode: 0 });
      // The revision is asked for each time, the file of a revision once.
      expect(server.asked).toHaveLength(requests);
    }
    expect(there.asked.at(-1)?.headers['if-none-match']).toBeDefined();
  });

  it.each([301, 308])('%i from https to https is followed, to http it is not', async (code) => {
    const options = {
      key: readFileSync(certificate.replace('certificate', 'key')),
      cert: readFileSync(certificate),
    };
    const plain = await serve(good);
    const env = { NODE_EXTRA_CA_CERTS: certificate };
    for (const [to, expected] of [
      [`https://127.0.0.1:${tls}`, 0],
      [plain.url, 3],
    ] as const) {
      const server = https.createServer(options, (request, response) =>
        response.writeHead(code, { location: `${to}${request.url}` }).end(),
      );
      const url = `https://127.0.0.1:${await listening(server)}`;
      const { exitCode } = await status({ url }, ['good'], { env });
      server.closeAllConnections();
      server.close();
      expect(exitCode).toBe(expected);
    }
    expect(plain.asked).toEqual([]);
  });
});

it.each(['-----BEGIN nothing', ''])('certificates that are none (%j) are named', async (content) => {
  const file = path.join(temporary(), 'none.pem');
  writeFileSync(file, content);
  const { stdout } = await statusText({ url: `https://127.0.0.1:${tls}` }, ['good'], {
    env: { NODE_EXTRA_CA_CERTS: file },
  });
  expect(stdout).toMatch(
    content === '' ? /NODE_EXTRA_CA_CERTS: .*none\.pem: is not a readable/ : /not trusted/,
  );
});

it.each<[command: string, ...args: string[]]>([
  ['status', '--base-url', `http://user:${password}@a.invalid/`],
  ['status', '--base-url', `ftp://user:${password}@a.invalid/`],
  ['status', '--raw-base-url', `http://a.invalid/?token=${password}`],
  ['check', '--flake-lock', `https://user:${password}@a.invalid/flake.lock`],
  ['check', '--nixpkgs', `https://user:${password}@a.invalid/`],
  ['check', '--channel', `https://user:${password}@a.invalid/nixos-25.05`, '--util-linux', '2.41'],
  ['generate', '--stdout', '--channel', `https://user:${password}@a.invalid/x`, '--util-linux', '2.41'],
  [
    'generate',
    '--json',
    '--diff',
    '--channel',
    `https://user:${password}@a.invalid/x`,
    '--util-linux',
    '2.41',
  ],
  ['verify', '--dry-run', '--rebuild', 'build', '--flake', `git+https://user:${password}@a.invalid/x`],
  ['sweep', '--kubeconfig', `https://user:${password}@a.invalid/x`],
  ['probe', '--mount', `https://user:${password}@a.invalid/x`],
])('a password in a URL is not repeated by %s %s', async (...args) => {
  const directory = temporary();
  writeFileSync(path.join(directory, 'nixos-rebuild'), '#!/bin/sh\n', { mode: 0o755 });
  const env = { PATH: `${directory}:${process.env['PATH']}` };
  for (const format of [[], ['--json'], ['--format', 'markdown'], ['--format', 'junit']]) {
    const { stdout, stderr, exitCode } = await subpathfix([...args, ...format, '-v'], { env });
    expect(stdout + stderr).not.toContain(password);
    expect(stdout + stderr).not.toMatch(/internal error/);
    expect([0, 1, 2, 3, 4]).toContain(exitCode);
  }
});
