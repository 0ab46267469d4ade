/** Real users without rights, made by a test that runs as root, and gone when the tests of its file are done. */
import { spawnSync } from 'node:child_process';
import { afterAll, expect } from 'vitest';
import { tool } from './tools.ts';

export interface User {
  name: string;
  uid: number;
  gid: number;
}

const users: User[] = [];
// At the top of the file that imports this: registered in a hook it would not run.
afterAll(() => {
  for (const { name } of users.splice(0)) spawnSync(tool('userdel'), [name]);
});

/** @param letter tells several users of one file apart */
export function makeUser(letter = 'a'): User {
  const name = `subpathfix-${process.pid}${letter}`;
  const added = spawnSync(tool('useradd'), ['--no-create-home', '--shell', '/bin/false', name]);
  expect(added.stderr.toString()).toBe('');
  const idOf = (kind: string): number => Number(spawnSync(tool('id'), [kind, name]).stdout);
  const user = { name, uid: idOf('-u'), gid: idOf('-g') };
  expect(user.uid).toBeGreaterThan(0);
  users.push(user);
  return user;
}

/** Runs a function with the rights of a user: files that it makes are the user's. */
export async function as<T>({ uid, gid }: Pick<User, 'uid' | 'gid'>, act: () => Promise<T> | T): Promise<T> {
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
