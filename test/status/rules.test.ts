import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { noFacts } from '../../src/facts/facts.ts';
import { defaultChannels, isChannelName } from '../../src/facts/given/channel-names.ts';
import type { Remote } from '../../src/facts/nixpkgs/mirrors.ts';
import { parseRevision, readRevision } from '../../src/facts/nixpkgs/remote.ts';
import { httpClient } from '../../src/host/http.ts';
import { HttpError, mayHaveToken, proxyFor, redirectTarget } from '../../src/host/http-rules.ts';
import { judge } from '../../src/verdict/judge.ts';
import { commit, nixpkgs, serve } from './server.ts';

describe('the channels that are looked at', () => {
  it.each<[day: string, releases: string[]]>([
    ['2026-11-23', ['26.05', '25.11', '25.05']],
    ['2026-11-30T23:59:59Z', ['26.05', '25.11', '25.05']],
    ['2026-12-01', ['26.11', '26.05', '25.11']],
    ['2027-01-15', ['26.11', '26.05', '25.11']],
    ['2027-05-31', ['26.11', '26.05', '25.11']],
    ['2027-06-01', ['27.05', '26.11', '26.05']],
  ])('on %s', (day, releases) => {
    expect(defaultChannels(new Date(day))).toEqual([
      ...['nixos-unstable', 'nixos-unstable-small'],
      ...releases.flatMap((release) => [`nixos-${release}`, `nixos-${release}-small`]),
      'nixpkgs-unstable',
    ]);
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'a%2fb', 'a?b', 'a#b', 'ä', 'a\n', 'a'.repeat(101)])(
    'not %j',
    (name) => {
      expect(isChannelName(name)).toBe(false);
    },
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

describe('the proxy', () => {
  const http_proxy = 'http://p:1';
  const https_proxy = 'http://s:2';
  it.each<[url: string, env: Record<string, string>, expected: string | null]>([
    ['http://a.example/', { http_proxy, https_proxy }, http_proxy],
    ['https://a.example/', { http_proxy, https_proxy }, https_proxy],
    ['https://a.example/', { http_proxy }, null],
    ['http://a.example/', { HTTP_PROXY: 'p:1' }, 'http://p:1'],
    ['http://a.example/', { http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' }, 'http://low:1'],
    ['https://a.example/', { https_proxy: 'socks5://s:1' }, 'socks5://s:1'],
    ['http://a.example/', { http_proxy, no_proxy: 'b.example, a.example' }, null],
    ['http://sub.a.example/', { http_proxy, NO_PROXY: '.a.example' }, null],
    ['http://sub.a.example/', { http_proxy, NO_PROXY: 'a.example:80' }, null],
    ['http://sub.a.example/', { http_proxy, NO_PROXY: 'a.example:81' }, http_proxy],
    ['http://nota.example/', { http_proxy, NO_PROXY: 'a.example' }, http_proxy],
    ['http://a.example/', { http_proxy, NO_PROXY: '*' }, null],
    ['http://a.example/', {}, null],
  ])('for %s with %j', (url, env, expected) => {
    expect(proxyFor(url, env)).toBe(expected);
  });

  it('that is no URL is refused', () => {
    expect(() => proxyFor('http://a/', { HTTP_PROXY: 'ftp://x' })).toThrow(HttpError);
  });
});

describe('a redirect', () => {
  it.each<[from: string, to: string | null, target: string | null]>([
    ['https://a.example/b/c', 'd', 'https://a.example/b/d'],
    ['http://a.example/b', 'https://c.example/', 'https://c.example/'],
    ['https://a.example/b', 'http://a.example/b', null],
    ['https://a.example/b', 'ftp://a.example/b', null],
    ['https://a.example/b', 'https://user:word@a.example/b', null],
    ['https://a.example/b', 'http://', null],
    ['https://a.example/b', null, null],
  ])('from %s to %j', (from, to, target) => {
    if (target === null) expect(() => redirectTarget(from, to)).toThrow(HttpError);
    else expect(redirectTarget(from, to)).toBe(target);
  });
});

describe('a revision', () => {
  it.each<[body: string, revision: string | null]>([
    [commit('a'), commit('a')],
    [`${commit('a')}\n`, commit('a')],
    [commit('A'), null],
    [`${commit('a')}a`, null],
    [commit('g'), null],
    ['', null],
  ])('in %j', (body, revision) => {
    expect(parseRevision(body)).toBe(revision);
  });
});

describe('the facts of a commit', () => {
  const kept = new Map<string, string>();
  const remoteOf = (url: string): Remote => ({
    http: httpClient({ version: '0', env: {}, cacheDirectory: null, token: async () => null }),
    store: {
      get: async ({ name }) => kept.get(name) ?? null,
      put: async ({ name }, text) => {
        kept.set(name, text);
      },
    },
    ...{ bases: [], rawBases: [`${url}/raw`], signal: new AbortController().signal },
    deadline: performance.now() + 5000,
  });

  it('are those of its file, as a checkout would give them', async () => {
    const server = await serve(nixpkgs({ x: { revision: commit('1'), nixpkgs: 'patched' } }));
    for (const requests of [1, 1]) {
      const facts = await readRevision(remoteOf(server.url), commit('1'), advisory);
      expect(judge({ ...noFacts(), ...facts }, advisory)).toMatchObject({
        state: 'fixed',
        decidedBy: 'patches',
      });
      expect(facts).toMatchObject({
        revision: { known: true, value: commit('1') },
        utilLinux: { value: { release: '2.41' } },
        withPatches: { value: false },
      });
      expect(server.asked).toHaveLength(requests);
    }
  });

  it.each<[revision: string, says: RegExp]>([
    [commit('2'), /has none of pkgs/],
    ['2222222', /"2222222" is not a commit id of 40/],
    ['../../../etc/passwd', /not a commit id/],
  ])('of %s cannot be read, and decide nothing', async (revision, says) => {
    const server = await serve(nixpkgs({}));
    const facts = await readRevision(remoteOf(server.url), revision, advisory);
    const verdict = judge({ ...noFacts(), ...facts }, advisory);
    expect(verdict.state).toBe('undetermined');
    expect(verdict.because).toMatch(says);
  });
});
