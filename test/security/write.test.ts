/** Files that are written where somebody else may be at work too. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeText } from '../../src/host/write.ts';
import { scratchDirectory } from '../helpers/tools.ts';
import { as, makeUser } from '../helpers/users.ts';

const user = makeUser('a');
const stranger = makeUser('b');
const outer = await scratchDirectory();
chmodSync(outer, 0o755);
let count = 0;

function fresh(mode: number, owner = 0): string {
  const directory = path.join(outer, String(++count));
  mkdirSync(directory);
  chownSync(directory, owner, owner);
  chmodSync(directory, mode);
  return directory;
}

describe('the file that is written first', () => {
  it('has a name that cannot be foreseen, and is gone afterwards', async () => {
    const directory = fresh(0o755);
    const seen = new Set<string>();
    const watcher = watch(directory, (_, name) => void seen.add(String(name)));
    for (const text of ['one', 'two', 'three']) await writeText(path.join(directory, 'file'), text);
    while (seen.size < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    watcher.close();
    const parts = [...seen].filter((name) => name !== 'file');
    expect(parts).toHaveLength(3);
    for (const name of parts) expect(name).toMatch(/^\.file\.subpathfix-\d+-[0-9a-f]{24}$/);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('is gone too when it cannot take its place', async () => {
    const directory = fresh(0o755);
    mkdirSync(path.join(directory, 'file'));
    await expect(writeText(path.join(directory, 'file'), '')).rejects.toThrow(/it is a directory/);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('is removed by the next run, if its own was killed and it is this user’s', async () => {
    const directory = fresh(0o1777);
    const part = (owner: number): string =>
      path.join(directory, `.file.subpathfix-${owner}-${'0'.repeat(24)}`);
    const [own, others, running] = [part(4_194_305), part(4_194_306), part(process.pid)];
    await as(user, () => [own, running].map((each) => writeFileSync(each, '')));
    await as(stranger, () => writeFileSync(others, ''));
    await as(user, () => writeText(path.join(directory, 'file'), 'text'));
    expect([own, others, running].map((each) => existsSync(each))).toEqual([false, true, true]);
  });
});

describe('what is in its place', () => {
  it('keeps its owner and its mode', async () => {
    const file = path.join(fresh(0o755), 'file');
    writeFileSync(file, 'before');
    chownSync(file, user.uid, user.gid);
    chmodSync(file, 0o4640);
    await writeText(file, 'after');
    const { uid, gid, mode } = lstatSync(file);
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: user.uid, gid: user.gid, mode: 0o640 });
  });

  it('is replaced: another name of the same file keeps what it had', async () => {
    const directory = fresh(0o755);
    writeFileSync(path.join(directory, 'other'), 'before');
    linkSync(path.join(directory, 'other'), path.join(directory, 'file'));
    await writeText(path.join(directory, 'file'), 'after');
    expect(readFileSync(path.join(directory, 'other'), 'utf8')).toBe('before');
  });

  it('is followed where it is a link of this user’s or of the directory’s owner', async () => {
    const directory = fresh(0o1777, user.uid);
    const target = path.join(fresh(0o777), 'target');
    await as(user, () => symlinkSync(target, path.join(directory, 'file')));
    for (const who of [user, { uid: 0, gid: 0 }])
      await as(who, () => writeText(path.join(directory, 'file'), `by ${who.uid}`));
    expect(readFileSync(target, 'utf8')).toBe('by 0');
    expect(lstatSync(path.join(directory, 'file')).isSymbolicLink()).toBe(true);
  });

  it.each([
    ['a file', 'before'],
    ['nothing', null],
  ])('is refused where it is a stranger’s link to %s in a directory of all', async (_, before) => {
    const directory = fresh(0o1777);
    const target = path.join(fresh(0o755), 'target');
    if (before !== null) writeFileSync(target, before);
    await as(stranger, () => symlinkSync(target, path.join(directory, 'file')));
    await expect(writeText(path.join(directory, 'file'), 'after')).rejects.toThrow(/a link of another user/);
    expect(before === null ? existsSync(target) : readFileSync(target, 'utf8')).toBe(before ?? false);
  });

  it('is refused where it is a loop, or nothing to write to', async () => {
    const directory = fresh(0o755);
    symlinkSync('loop', path.join(directory, 'loop'));
    await expect(writeText(path.join(directory, 'loop'), '')).rejects.toThrow(/too many symbolic links/);
    await expect(writeText('/dev/null', '')).rejects.toThrow(/is not a regular file/);
    await expect(writeText(path.join(directory, 'a\0b'), '')).rejects.toThrow(/contains a NUL/);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});
