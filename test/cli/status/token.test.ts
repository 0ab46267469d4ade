/** The token goes to GitHub and to nobody else: seen from a server that stands in for all of the internet. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Between, commit, type Handler, listening, nixpkgs, proxy } from '../../helpers/server.ts';
import { bare, temporary } from '../../helpers/status.ts';
import { type CliResult, subpathfix, tool } from '../../helpers/tools.ts';

const hosts = ['channels.nixos.org', 'raw.githubusercontent.com', 'mirror.example'];
const told = { 'nixos-25.05': { revision: commit('1'), nixpkgs: 'patched' } };
const secret = 'ghp_notAToken123';

/** What each host was sent as authorization, in order. */
let seen: [host: string, authorization: string | undefined][] = [];
let handler: Handler;
let between: Between;
let certificate: string;

const place = nixpkgs(told);

/** As these hosts are: channels.nixos.org at the root, nixpkgs under its owner and name. */
const internet: Handler = (request, response) => {
  const prefix = request.headers.host === 'channels.nixos.org' ? '/channels' : '';
  request.url = `${prefix}${request.url}`.replace('/NixOS/nixpkgs/', '/raw/');
  return place(request, response);
};

beforeAll(async () => {
  const directory = temporary();
  const key = path.join(directory, 'key.pem');
  certificate = path.join(directory, 'certificate.pem');
  await execa(tool('openssl'), [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=internet'],
    ...['-keyout', key, '-out', certificate],
    ...['-addext', `subjectAltName=${hosts.map((name) => `DNS:${name}`).join(',')}`],
  ]);
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = https.createServer(options, (request, response) => {
    seen.push([request.headers.host ?? '', request.headers.authorization]);
    handler(request, response);
  });
  between = await proxy({ port: await listening(server) });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
});

beforeEach(() => {
  seen = [];
  handler = internet;
});

const run = (env: Record<string, string>, cache = temporary(), args: string[] = []): Promise<CliResult> =>
  subpathfix(['status', 'nixos-25.05', '--verbose', ...args], {
    env: {
      ...bare(cache),
      HTTPS_PROXY: `http://127.0.0.1:${between.port}`,
      NODE_EXTRA_CA_CERTS: certificate,
      ...env,
    },
  });

const everything = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe('the token', () => {
  it('of GITHUB_TOKEN goes to GitHub alone, and is written nowhere', async () => {
    handler = (request, response) => {
      // As raw.githubusercontent.com says; it makes a cache write down what it names.
      response.setHeader('vary', 'Authorization,Accept-Encoding');
      return internet(request, response);
    };
    const cache = temporary();
    await run({ GITHUB_TOKEN: secret }, cache, ['--base-url', 'https://raw.githubusercontent.com/channels']);
    expect(seen[0]).toEqual(['raw.githubusercontent.com', `Bearer ${secret}`]);
    expect(everything(cache)).not.toContain(secret);
    seen = [];
    const { exitCode, stdout, stderr } = await run({ GITHUB_TOKEN: secret });
    expect(exitCode, stderr).toBe(0);
    expect(seen).toEqual([
      ['channels.nixos.org', undefined],
      ['raw.githubusercontent.com', `Bearer ${secret}`],
    ]);
    expect(between.tunnels.slice(-2)).toEqual(['channels.nixos.org:443', 'raw.githubusercontent.com:443']);
    expect(stderr).toMatch(
      /^\+ GET https:\/\/channels\.nixos\.org\/nixos-25\.05\/git-revision {2}# 200, \d+ ms\n/,
    );
    for (const text of [stdout, stderr]) expect(text).not.toContain(secret);
  });

  it('does not go on with a redirect to another host', async () => {
    handler = (request, response) =>
      request.headers.host === 'raw.githubusercontent.com'
        ? response.writeHead(302, { location: `https://mirror.example${request.url}` }).end()
        : internet(request, response);
    expect((await run({ GITHUB_TOKEN: secret })).exitCode).toBe(0);
    expect(seen).toEqual([
      ['channels.nixos.org', undefined],
      ['raw.githubusercontent.com', `Bearer ${secret}`],
      ['mirror.example', undefined],
    ]);
  });

  it('does not go to a mirror', async () => {
    const args = ['--raw-base-url', 'https://mirror.example/NixOS/nixpkgs'];
    expect((await run({ GITHUB_TOKEN: secret }, temporary(), args)).exitCode).toBe(0);
    expect(seen.every(([, authorization]) => authorization === undefined)).toBe(true);
  });

  it('is not sent where a redirect leaves encryption', async () => {
    handler = (request, response) =>
      request.headers.host === 'raw.githubusercontent.com'
        ? response.writeHead(302, { location: `http://raw.githubusercontent.com${request.url}` }).end()
        : internet(request, response);
    const { exitCode, stdout } = await run({ GITHUB_TOKEN: secret });
    expect(exitCode).toBe(3);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/redirects from https to http/);
  });

  it('comes from gh where there is no variable, and only when it is of use', async () => {
    const directory = temporary();
    const gh = path.join(directory, 'gh');
    writeFileSync(gh, `#!/bin/sh\necho "$*" >> "${directory}/calls"\necho ${secret}\n`);
    chmodSync(gh, 0o755);
    const env = { PATH: `${directory}:${process.env['PATH']}` };
    const cache = temporary();
    expect((await run(env, cache)).exitCode).toBe(0);
    expect(seen[1]).toEqual(['raw.githubusercontent.com', `Bearer ${secret}`]);
    // The file is kept: nothing is asked of GitHub, nor of gh.
    expect((await run(env, cache)).exitCode).toBe(0);
    expect(readFileSync(path.join(directory, 'calls'), 'utf8')).toBe('auth token --hostname github.com\n');
  });

  it('that cannot stand in a header is none', async () => {
    expect((await run({ GITHUB_TOKEN: 'a\nb' })).exitCode).toBe(0);
    expect(seen[1]).toEqual(['raw.githubusercontent.com', undefined]);
  });

  it('is not said to help where one was sent', async () => {
    handler = (request, response) =>
      request.headers.host === 'raw.githubusercontent.com'
        ? response.writeHead(429, { 'retry-after': '60' }).end()
        : internet(request, response);
    expect((await run({ GITHUB_TOKEN: secret })).stdout).not.toMatch(/GITHUB_TOKEN/);
    expect((await run({})).stdout).toMatch(/GITHUB_TOKEN/);
  });
});

describe('a certificate that is not trusted', () => {
  it('is the reason, and nothing is read', async () => {
    const { exitCode, stdout } = await run({ NODE_EXTRA_CA_CERTS: '' });
    expect(exitCode).toBe(3);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /the certificate is not trusted \(\w+\); set NODE_EXTRA_CA_CERTS to a file/,
    );
    expect(seen).toEqual([]);
  });
});
