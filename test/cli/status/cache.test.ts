import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commit, nixpkgs, serve, type Told } from '../../helpers/server.ts';
import { type Ran, status, statusText, temporary } from '../../helpers/status.ts';

const channels: Record<string, Told> = {
  'nixos-25.05': { revision: commit('1'), nixpkgs: 'patched' },
  'nixos-24.11': { revision: commit('2'), nixpkgs: 'old-location-2.39.4' },
};
const names = Object.keys(channels);

describe('a cache that is warm', () => {
  it('costs one conditional request a channel, and none for the file', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    const cold = await status(server, names, { cache });
    // Two a channel; the older place costs one more.
    expect(server.asked).toHaveLength(5);
    server.asked.length = 0;
    const warm = await status(server, names, { cache });
    expect(server.asked.map(({ url, headers }) => [url, headers['if-none-match']]).sort()).toEqual([
      ['/channels/nixos-24.11/git-revision', `"channels-${commit('2')}"`],
      ['/channels/nixos-25.05/git-revision', `"channels-${commit('1')}"`],
    ]);
    const same = ({ document }: Ran): unknown =>
      document.channels.map((channel) => ({ ...channel, asOf: '' }));
    expect(same(warm)).toEqual(same(cold));
  });

  it.each([301, 302, 303, 307, 308])('asks on a condition through a redirect (%i), too', async (code) => {
    const there = await serve(nixpkgs(channels));
    const server = await serve((request, response) =>
      response.writeHead(code, { location: `${there.url}${request.url}` }).end(),
    );
    const cache = temporary();
    const cold = await status(server, ['nixos-25.05'], { cache });
    there.asked.length = 0;
    const warm = await status(server, ['nixos-25.05'], { cache });
    expect(there.asked).toMatchObject([{ headers: { 'if-none-match': `"channels-${commit('1')}"` } }]);
    expect(warm).toMatchObject({ exitCode: 0, document: { channels: [{ revision: commit('1') }] } });
    expect(cold.document.channels[0]?.date).toBe(warm.document.channels[0]?.date);
  });

  it('asks for the file of a new revision alone', async () => {
    const cache = temporary();
    const server = await serve(nixpkgs(channels));
    await status(server, names, { cache });
    server.handler = nixpkgs({
      ...channels,
      'nixos-25.05': { revision: commit('3'), nixpkgs: 'upstream-2.41.1' },
    });
    server.asked.length = 0;
    const { document } = await status(server, names, { cache });
    expect(document.channels[0]).toMatchObject({ utilLinux: '2.41.1', revision: commit('3') });
    expect(server.asked).toHaveLength(3);
  });

  it('does not answer for another base', async () => {
    const cache = temporary();
    const [one, other] = [await serve(nixpkgs(channels)), await serve(nixpkgs(channels))];
    await status(one, names, { cache });
    await status(other, names, { cache });
    expect(other.asked).toHaveLength(5);
  });

  it('is not used, nor written, with --no-cache', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    await status(server, names, { cache });
    server.asked.length = 0;
    const unused = temporary();
    await status(server, [...names, '--no-cache'], { cache });
    await status(server, [...names, '--no-cache'], { cache: unused });
    expect(server.asked).toHaveLength(10);
    expect(server.asked.some(({ headers }) => headers['if-none-match'])).toBe(false);
    expect(readdirSync(unused)).toEqual([]);
  });

  it('that is broken is as good as none', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    await status(server, names, { cache });
    const spoil = (directory: string): void => {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (entry.isFile()) {
          chmodSync(file, 0o600);
          writeFileSync(file, 'spoilt');
        }
      }
    };
    spoil(path.join(cache, 'subpathfix'));
    const { exitCode, stderr, document } = await status(server, names, { cache });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(document.channels.map(({ summary }) => summary)).toEqual(['fixed by patch', 'not affected']);
  });
});

describe('a cache that cannot be used', () => {
  it.each<[name: string, make: (cache: string) => void]>([
    ['a file in its place', (cache) => writeFileSync(path.join(cache, 'subpathfix'), '')],
    [
      'a file in the place of its parts',
      (cache) => {
        mkdirSync(path.join(cache, 'subpathfix'));
        for (const part of ['channels', 'files']) writeFileSync(path.join(cache, 'subpathfix', part), '');
      },
    ],
    ['a link in a circle', (cache) => symlinkSync('subpathfix', path.join(cache, 'subpathfix'))],
  ])('%s, costs nothing but requests', async (_, make) => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    make(cache);
    const { exitCode, stderr, document } = await status(server, names, { cache });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(document.channels.map(({ summary }) => summary)).toEqual(['fixed by patch', 'not affected']);
  });

  it('in a directory that nobody can write to', async () => {
    const server = await serve(nixpkgs(channels));
    expect((await status(server, names, { cache: '/proc/self/fdinfo' })).exitCode).toBe(0);
  });
});

describe('--offline', () => {
  it('says what was seen last, and from when that is', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    const seen = await status(server, names, { cache });
    server.asked.length = 0;
    const { exitCode, document } = await status(server, [...names, '--offline'], { cache });
    expect(exitCode).toBe(0);
    expect(server.asked).toEqual([]);
    expect(document).toMatchObject({ offline: true });
    expect(document.channels).toEqual(
      seen.document.channels.map((channel) => ({ ...channel, from: 'cache' })),
    );
    const { stdout } = await statusText(server, [...names, '--offline'], { cache });
    expect(stdout).toContain(`as of: ${seen.document.channels[0]?.asOf}, from the cache`);
  });

  it('knows what is in the snapshot, and from when that is', async () => {
    const wanted = [
      'nixos-24.11',
      'nixos-25.05-small',
      'nixos-26.05',
      'nixos-unstable',
      'nixpkgs-25.05-darwin',
    ];
    const { exitCode, document } = await status({ url: 'http://x.invalid' }, [...wanted, '--offline']);
    expect(exitCode).toBe(0);
    expect(document.channels.map(({ state, from, revision, asOf }) => [state, from, revision, asOf])).toEqual(
      [
        ['not-affected', 'snapshot', null, '2026-09-04'],
        ...wanted.slice(1).map(() => ['fixed', 'snapshot', null, '2026-09-04']),
      ],
    );
    expect(document.channels[1]?.because).toMatch(/2\.41\.1.*snapshot of 2026-09-04, since 2025-07-22/);
  });

  it.each(['nixos-27.05', 'release-25.05', 'my-fork', 'nixos-banana'])(
    'does not guess at %s',
    async (name) => {
      const { exitCode, document } = await status({ url: 'http://x.invalid' }, [name, '--offline']);
      expect(exitCode).toBe(3);
      expect(document.channels[0]).toMatchObject({ state: 'undetermined', from: 'nowhere' });
    },
  );
});

describe('--since', () => {
  it('makes the file, then says only what is news', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    const file = path.join(temporary(), 'status.json');
    const since = (): ReturnType<typeof statusText> =>
      statusText(server, [...names, '--since', file], { cache });

    const first = await since();
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/^2 of 2 channels without the defect\n\nCHANNEL +REVISION/);
    const kept = readFileSync(file, 'utf8');
    expect(await since()).toEqual({ exitCode: 0, stdout: '', stderr: '' });

    // A new revision that says the same is no news.
    const moved = { revision: commit('5'), nixpkgs: 'patched' };
    server.handler = nixpkgs({ ...channels, 'nixos-25.05': moved });
    expect(await since()).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe(kept);

    server.handler = nixpkgs({ ...channels, 'nixos-25.05': { revision: commit('6'), nixpkgs: 'bare-2.41' } });
    const news = await since();
    expect(news).toMatchObject({ exitCode: 1, stderr: '' });
    expect(news.stdout).toMatch(
      /^1 of 2 channels changed\n\nCHANNEL +BEFORE +NOW +CHANGED\nnixos-25\.05 +fixed by patch \(2\.41\) +affected \(2\.41\) +verdict, patches\n/,
    );
    expect(news.stdout).not.toMatch(/nixos-24\.11/);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ channels: [{ state: 'affected' }, {}] });
    // Nothing beside it is left of the writing.
    expect(readdirSync(path.dirname(file))).toEqual(['status.json']);
    // Affected still: that was said, and the exit code is what it is without --since.
    expect(await since()).toEqual({ exitCode: 1, stdout: '', stderr: '' });
    const again = await statusText(server, [...names, '--since', file, '--json'], { cache });
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ changes: [] });

    server.handler = (_, response) => response.writeHead(404).end();
    const gone = await since();
    expect(gone.exitCode).toBe(3);
    expect(gone.stdout).toMatch(/unreachable +verdict/);
  });

  it('takes the document of --json, and says the changes in it', async () => {
    const server = await serve(nixpkgs(channels));
    const file = path.join(temporary(), 'status.json');
    const { stdout } = await status(server, ['nixos-25.05']);
    writeFileSync(file, stdout);
    const { document } = await status(server, [...names, '--since', file]);
    expect(document.changes).toEqual([
      {
        channel: 'nixos-24.11',
        before: null,
        now: { summary: 'not affected', utilLinux: '2.39.4' },
        what: 'new',
      },
    ]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).not.toHaveProperty('changes');
  });

  it.each(['', 'not JSON', '{}', '{"schemaVersion":1,"command":"status","channels":[{}]}'])(
    'leaves a file alone that holds %j',
    async (text) => {
      const server = await serve(nixpkgs(channels));
      const file = path.join(temporary(), 'mine');
      writeFileSync(file, text);
      const { exitCode, stderr } = await statusText(server, [...names, '--since', file]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/--since .*mine: is not a report of `status --json`/);
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(server.asked).toEqual([]);
    },
  );

  it('says where it cannot write', async () => {
    const server = await serve(nixpkgs(channels));
    const { exitCode, stdout, stderr } = await statusText(server, [...names, '--since', '/proc/nowhere/x']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/\/proc\/nowhere/);
  });
});

describe('what is kept', () => {
  it('is for the user alone, and under XDG_CACHE_HOME', async () => {
    const server = await serve(nixpkgs(channels));
    const cache = temporary();
    await status(server, names, { cache });
    expect(readdirSync(path.join(cache, 'subpathfix')).sort()).toEqual(['channels', 'files']);
    expect(statSync(path.join(cache, 'subpathfix', 'files')).mode & 0o077).toBe(0);
    const home = temporary();
    await status(server, names, { env: { XDG_CACHE_HOME: 'relative', HOME: home } });
    expect(existsSync(path.join(home, '.cache/subpathfix/files'))).toBe(true);
  });
});
