import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { commit, nixpkgs, serve } from '../../helpers/server.ts';
import { bare, status, statusText, temporary } from '../../helpers/status.ts';
import { root, subpathfix } from '../../helpers/tools.ts';

const channels = {
  'nixos-unstable': { revision: commit('1'), nixpkgs: 'upstream-2.41.1' },
  'nixos-25.05': { revision: commit('2'), nixpkgs: 'patched' },
  'nixos-25.05-small': { revision: commit('3'), nixpkgs: 'with-patches' },
  'nixos-24.11': { revision: commit('4'), nixpkgs: 'old-location-2.39.4' },
  'nixos-broken': { revision: commit('5'), nixpkgs: 'truncated' },
  'nixos-old': { revision: commit('6'), nixpkgs: 'old-location-2.41' },
};
const names = Object.keys(channels);
const server = await serve(nixpkgs(channels));

const validator = (): ReturnType<Ajv2020['compile']> => {
  const text = readFileSync(path.join(root, 'schema/status.schema.json'), 'utf8');
  return new Ajv2020({ validateFormats: false }).compile(JSON.parse(text) as object);
};

describe('status', () => {
  it('says of each channel what it has, in a document that its schema describes', async () => {
    const { exitCode, stderr, document } = await status(server, names);
    const validate = validator();
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...document, channels: [{}] })).toBe(false);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(
      document.channels.map(({ name, summary, utilLinux, withPatches, revision }) => [
        ...[name, summary, utilLinux, withPatches, revision?.[0]],
      ]),
    ).toEqual([
      ['nixos-unstable', 'already fixed', '2.41.1', false, '1'],
      ['nixos-25.05', 'fixed by patch', '2.41', false, '2'],
      ['nixos-25.05-small', 'affected', '2.41', true, '3'],
      ['nixos-24.11', 'not affected', '2.39.4', false, '4'],
      ['nixos-broken', 'undetermined', '2.41', null, '5'],
      ['nixos-old', 'fixed by patch', '2.41', false, '6'],
    ]);
    const [unstable, patched, affected, , broken] = document.channels;
    expect(unstable).toMatchObject({ date: '2026-11-20T10:00:00.000Z', patches: [], from: 'network' });
    expect(unstable?.source).toBe(`${server.url}/raw/${commit('1')}/pkgs/by-name/ut/util-linux/package.nix`);
    expect(patched?.patches).toEqual([{ name: 'fix-mount-regression.patch', applies: true }]);
    expect(affected?.advice.map(({ code }) => code)).toEqual([
      'generate',
      'permanent-fix',
      'patched-attribute',
    ]);
    expect(affected?.advice[0]?.command).toBe(
      'subpathfix generate --channel nixos-25.05-small --util-linux 2.41',
    );
    expect(broken?.because).toMatch(/package\.nix: .*parse|mkDerivation/);
  });

  it('is a table that fits, the channels that need words under it', async () => {
    const { exitCode, stdout, stderr } = await statusText(server, names);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    const [title, , header = '', ...rest] = stdout.split('\n');
    expect(title).toBe('4 of 6 channels without the defect');
    const rows = rest.slice(0, names.length);
    const column = header.indexOf('VERDICT');
    expect(rows.map((row) => row.slice(column))).toEqual([
      'already fixed',
      'fixed by patch',
      'affected',
      'not affected',
      'undetermined',
      'fixed by patch',
    ]);
    for (const line of [header, ...rows]) expect(line.length).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/\nnixos-25\.05-small: affected\n {2}why: .*without the fix/);
    expect(stdout).not.toMatch(/\nnixos-24\.11: /);
  });

  it('groups what is the same of several channels, whatever their revisions', async () => {
    const same = await serve(
      nixpkgs({
        'nixos-25.05': { revision: commit('1'), nixpkgs: 'truncated' },
        'nixos-25.05-small': { revision: commit('2'), nixpkgs: 'truncated' },
        'nixos-24.11': { revision: commit('3'), nixpkgs: 'bare-2.41' },
        'nixos-24.11-small': { revision: commit('4'), nixpkgs: 'bare-2.41' },
      }),
    );
    const all = ['nixos-25.05', 'nixos-24.11', 'nixos-25.05-small', 'nixos-24.11-small'];
    const { stdout } = await statusText(same, all);
    expect(stdout.match(/^nixos.*: \w+$/gm)).toEqual([
      'nixos-25.05, nixos-25.05-small: undetermined',
      'nixos-24.11, nixos-24.11-small: affected',
    ]);
  });

  it('is fit for a CI summary', async () => {
    const { stdout } = await statusText(server, [...names, '--format', 'markdown']);
    expect(stdout).toMatch(/^## subpathfix status: 4 of 6 channels without the defect\n/);
    expect(stdout).toMatch(/\n\| nixos-25\.05 \| 2{10} \| 2026-11-20 \| 2\.41 \| no \| fixed by patch \|\n/);
    expect(stdout).toMatch(/### nixos-25\.05-small: affected\n\n- why: util-linux 2\.41 /);
  });

  it('is a test suite, where what cannot be told is an error', async () => {
    const { stdout } = await statusText(server, [...names, 'no-such', '--format', 'junit']);
    expect(stdout).toMatch(/<testsuites tests="7" failures="1" errors="2" skipped="0">/);
    expect(stdout).toMatch(/name="nixos-25\.05-small"><failure message="util-linux 2\.41 /);
    expect(stdout).toMatch(/name="no-such"><error message="[^"]*\(404\)/);
    expect(stdout).toMatch(/name="nixos-unstable"><system-out>/);
  });

  it.each<[args: string[], exitCode: number]>([
    [['nixos-unstable', 'nixos-25.05', 'nixos-24.11'], 0],
    [['nixos-unstable', 'nixos-broken'], 3],
    [['nixos-unstable', 'no-such'], 3],
    [['no-such', 'nixos-broken', 'nixos-25.05-small'], 1],
  ])('%j exits by the worst: %i', async (args, exitCode) => {
    expect((await status(server, args)).exitCode).toBe(exitCode);
    expect(await statusText(server, [...args, '--quiet'])).toEqual({ exitCode, stdout: '', stderr: '' });
  });

  it('takes its bases from the environment, and mirrors in order', async () => {
    const dead = 'http://127.0.0.1:9';
    const env = {
      ...bare(temporary()),
      SUBPATHFIX_BASE_URL: `${dead} ${server.url}/channels/`,
      SUBPATHFIX_RAW_BASE_URL: `${server.url}/nowhere ${server.url}/raw`,
    };
    const result = await subpathfix(['status', 'nixos-25.05'], { env });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const none = await subpathfix(['status', 'nixos-25.05', '--base-url', dead, '--base-url', `${dead}/2`], {
      env,
    });
    expect(none.exitCode).toBe(3);
    expect(none.stdout.replace(/\s+/g, ' ')).toMatch(
      /:9\/nixos-25\.05\/git-revision: the connection was refused.*:9\/2\//,
    );
  });

  it('says of each whether it contains the fix, by its file', async () => {
    const contained = async (...fix: string[]): Promise<unknown[]> => {
      const { document } = await status(server, [...names, 'no-such', '--fix', ...fix]);
      return document.channels.map((channel) => channel.fix?.contained);
    };
    const expected = [true, true, false, false, null, true, null];
    expect(await contained()).toEqual(expected);
    expect(await contained('77723beaaa')).toEqual(expected);
    // The defect itself: since 2.41-rc1.
    expect(await contained('a904aefe3')).toEqual([true, true, true, false, null, true, null]);
    // Of any other commit the file says nothing.
    expect(await contained('deadbeef')).toEqual(names.map(() => null).concat(null));
    const { stdout } = await statusText(server, ['nixos-25.05', '--fix']);
    expect(stdout).toMatch(/VERDICT +HAS FIX\n.* yes\n/);
    expect(stdout).toMatch(/fix: as the patch fix-mount-regression\.patch/);
  });

  it('finds a patch by the commit in its URL', async () => {
    const one = await serve(nixpkgs({ a: { revision: commit('a'), nixpkgs: 'fetchpatch-stable' } }));
    for (const fix of ['77723beaaa', '7dbfe31a83f45d5aef2b508697e9511c569ffbc8']) {
      const { document } = await status(one, ['a', '--fix', fix]);
      expect(document.channels[0]?.fix).toMatchObject({ contained: true });
    }
  });
});

describe('a command line that cannot be read', () => {
  it.each<[args: string[], says: RegExp]>([
    [['../../etc'], /"\.\.\/\.\.\/etc" is not a valid channel name/],
    [['..'], /not a valid channel name/],
    [['nixos unstable'], /not a valid channel name/],
    [['nixos-25.05?x'], /not a valid channel name/],
    [['nixos-%2e'], /not a valid channel name/],
    [['\u001b[31mred'], /not a valid channel name/],
    [['--timeout', '0'], /--timeout "0": must be a number of seconds/],
    [['--timeout', 'soon'], /--timeout "soon"/],
    [['--base-url', 'ftp://x'], /--base-url "ftp:\/\/x": must be an http or https URL/],
    [['--raw-base-url', 'http://user:word@x'], /--raw-base-url/],
    [['--fix', 'nixos-25.05'], /--fix "nixos-25\.05": not a commit id/],
  ])('%j', async (args, says) => {
    const result = await subpathfix(['status', ...args], { env: bare(temporary()) });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(says);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not get through
    expect(result.stderr).not.toMatch(/\u001b/);
  });
});
