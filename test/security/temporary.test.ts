/** Directories for one run: only their owner can foresee, read, replace or remove them. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WriteError } from '../../src/host/host.ts';
import { makeTemporary, removeTemporary } from '../../src/host/temporary.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';
import { as, makeUser, type User } from '../helpers/users.ts';

const user = makeUser('a');
const stranger = makeUser('b');
const root: User = { name: 'root', uid: 0, gid: 0 };
/** Above the largest id of a process. */
const ended = 4_194_305;
const outer = await scratchDirectory();
chmodSync(outer, 0o755);

let temporary: string;
let count = 0;
beforeEach(() => {
  temporary = path.join(outer, String(++count));
  mkdirSync(temporary);
  chmodSync(temporary, 0o1777);
  vi.stubEnv('TMPDIR', temporary);
  vi.stubEnv('XDG_RUNTIME_DIR', '');
});
afterEach(() => void vi.unstubAllEnvs());

const modeOf = (file: string): number => lstatSync(file).mode & 0o7777;

describe('root', () => {
  it('uses /run/subpathfix, which only root can enter', async () => {
    const made = await makeTemporary('test');
    expect(path.dirname(made)).toBe('/run/subpathfix');
    for (const each of ['/run/subpathfix', made])
      expect([modeOf(each), lstatSync(each).uid]).toEqual([0o700, 0]);
    await removeTemporary(made);
    expect(existsSync(made)).toBe(false);
  });

  it.each<[what: string, put: (at: string) => void]>([
    ['another user’s directory', (at) => void [mkdirSync(at), chownSync(at, stranger.uid, stranger.gid)]],
    ['a link', (at) => symlinkSync(temporary, at)],
    ['a file', (at) => writeFileSync(at, '')],
    ['a directory that all may write to', (at) => void [mkdirSync(at), chmodSync(at, 0o777)]],
  ])('uses another where %s is in its place', async (_, put) => {
    const at = '/run/subpathfix';
    const aside = `${at}.aside-${process.pid}`;
    mkdirSync(at, { recursive: true });
    renameSync(at, aside);
    try {
      put(at);
      const made = await makeTemporary('test');
      expect(path.dirname(made)).toBe(temporary);
      expect([modeOf(made), lstatSync(made).uid]).toEqual([0o700, 0]);
      await removeTemporary(made);
      expect(existsSync(at)).toBe(true);
    } finally {
      rmSync(at, { recursive: true });
      renameSync(aside, at);
    }
  });
});

describe('another user', () => {
  it('uses the runtime directory, else the one for temporary files', async () => {
    const runtime = path.join(outer, `run-${count}`);
    mkdirSync(runtime, { mode: 0o700 });
    chownSync(runtime, user.uid, user.gid);
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    const made = await as(user, () => makeTemporary('test'));
    expect(path.dirname(made)).toBe(path.join(runtime, 'subpathfix'));
    for (const each of [made, path.dirname(made)])
      expect([modeOf(each), lstatSync(each).uid]).toEqual([0o700, user.uid]);
    chownSync(path.dirname(made), stranger.uid, stranger.gid);
    const next = await as(user, () => makeTemporary('test'));
    expect([path.dirname(next), modeOf(next), lstatSync(next).uid]).toEqual([temporary, 0o700, user.uid]);
    await as(user, () => removeTemporary(next));
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each<[what: string, spoil: () => void, says: RegExp]>([
    ['is missing', () => rmSync(temporary, { recursive: true }), /its directory does not exist/],
    ['belongs to a stranger', () => chownSync(temporary, stranger.uid, 0), /belongs to another user/],
    ['all may change', () => chmodSync(temporary, 0o777), /others may write to it/],
    ['cannot be written', () => chmodSync(temporary, 0o555), /permission denied/],
    [
      'is a file',
      () => void [rmSync(temporary, { recursive: true }), writeFileSync(temporary, '')],
      /not a dir/,
    ],
  ])('is told how to go on where the only place %s', async (_, spoil, says) => {
    spoil();
    const making = as(user, () => makeTemporary('test'));
    await expect(making).rejects.toThrow(WriteError);
    await expect(making).rejects.toThrow(says);
    await expect(making).rejects.toThrow(
      /^no directory for temporary files .*set TMPDIR to one that you can/,
    );
  });
});

describe('what a run that was killed has left', () => {
  const left = (owner: number, { uid, gid }: User, purpose = 'test'): string => {
    const directory = path.join(temporary, `subpathfix-${purpose}-${owner}-abcdef`);
    mkdirSync(path.join(directory, 'inside'), { recursive: true });
    chownSync(directory, uid, gid);
    return directory;
  };

  it('is removed, if it is this user’s', async () => {
    const own = left(ended, user);
    chownSync(path.join(own, 'inside'), user.uid, user.gid);
    const outside = path.join(outer, `kept-${count}`);
    writeFileSync(outside, '');
    await as(user, () => symlinkSync(outside, path.join(own, 'link')));
    const others = left(ended + 1, stranger);
    const roots = left(ended + 2, root);
    const running = left(process.pid, user);
    const another = left(ended, user, 'other');
    const named = path.join(temporary, 'subpathfix-test-nobody');
    await as(user, () => mkdirSync(named));
    const link = path.join(temporary, `subpathfix-test-${ended + 3}-abcdef`);
    await as(user, () => symlinkSync(roots, link));
    const made = await as(user, () => makeTemporary('test'));
    expect(existsSync(own)).toBe(false);
    for (const each of [outside, others, roots, running, another, named, link, made])
      expect(existsSync(each), each).toBe(true);
    await as(user, () => removeTemporary(made));
  });

  it('is left where it cannot be removed, and does not stop the next', async () => {
    const stuck = left(ended, user);
    // root's, in it
    expect(readdirSync(stuck)).toEqual(['inside']);
    writeFileSync(path.join(stuck, 'inside/file'), '');
    const made = await as(user, () => makeTemporary('test'));
    expect([existsSync(stuck), existsSync(made)]).toEqual([true, true]);
  });
});

describe('removing', () => {
  it('refuses what this run did not make', async () => {
    const other = path.join(temporary, 'subpathfix-test-1-abcdef');
    mkdirSync(other);
    for (const each of [other, temporary, '/'])
      await expect(removeTemporary(each)).rejects.toThrow(/was not made by this run/);
    expect(existsSync(other)).toBe(true);
  });

  it('refuses what has taken the place of what it made', async () => {
    const made = await makeTemporary('test');
    renameSync(made, `${made}.moved`);
    symlinkSync(temporary, made);
    await expect(removeTemporary(made)).rejects.toThrow(/was replaced by something else/);
    expect(existsSync(temporary)).toBe(true);
    for (const each of [made, `${made}.moved`]) rmSync(each, { recursive: true });
  });

  it('does not mind that it is gone', async () => {
    const made = await makeTemporary('test');
    spawnSync(tool('rm'), ['-r', made]);
    await removeTemporary(made);
  });
});
