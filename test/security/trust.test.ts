import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { distrustText } from '../../src/host/distrust.ts';
import { distrust } from '../../src/host/trust.ts';
import { tool } from '../helpers/tools.ts';

/** Not below a temporary directory, which is sticky: nothing there is trusted. */
const top = mkdtempSync('/var/lib/subpathfix-trust-');
chmodSync(top, 0o755);
afterAll(() => rmSync(top, { recursive: true }));

const stranger = 54_321;

interface Entry {
  /** default: root */
  owner?: number;
  mode?: number;
  link?: string;
}

/** Makes a tree, the directories above each entry as root's own, and returns where. */
function tree(entries: Record<string, Entry>): string {
  const root = mkdtempSync(join(top, 'tree-'));
  chmodSync(root, 0o755);
  for (const [name, { owner = 0, mode, link }] of Object.entries(entries)) {
    const file = join(root, name);
    mkdirSync(name.endsWith('/') ? file : dirname(file), { recursive: true });
    if (link !== undefined) {
      symlinkSync(link.replace('ROOT', root), file);
      lchownSync(file, owner, owner);
      continue;
    }
    if (!name.endsWith('/')) writeFileSync(file, '', { mode: 0o755 });
    chownSync(file, owner, owner);
    chmodSync(file, mode ?? 0o755);
  }
  return root;
}

const cases: Record<string, { entries: Record<string, Entry>; uid?: number; fails?: string }> = {
  "root's own": { entries: { 'bin/mount': {} } },
  'a link to it': { entries: { 'bin/mount': {}, m: { link: 'bin/mount' } } },
  'an absolute link': { entries: { 'bin/mount': {}, m: { link: 'ROOT/bin/mount' } } },
  'a link through ..': { entries: { 'bin/mount': {}, 'a/b/m': { link: '../../bin/mount' } } },
  "a stranger's file": { entries: { m: { owner: stranger } }, fails: 'm: owner' },
  'writable by its group': { entries: { m: { mode: 0o775 } }, fails: 'm: writable' },
  'writable by everybody': { entries: { m: { mode: 0o757 } }, fails: 'm: writable' },
  "in a stranger's directory": { entries: { 'd/': { owner: stranger }, 'd/m': {} }, fails: 'd: owner' },
  'in a directory of a group': { entries: { 'd/': { mode: 0o775 }, 'd/e/m': {} }, fails: 'd: writable' },
  'in a sticky directory': { entries: { 'd/': { mode: 0o1777 }, 'd/e/m': {} }, fails: 'd: writable' },
  'in a sticky directory of a group': {
    entries: { 'd/': { mode: 0o1775 }, 'd/m': {} },
    fails: 'd: writable',
  },
  "a stranger's link to root's file": {
    entries: { good: {}, m: { link: 'good', owner: stranger } },
    fails: 'm: owner',
  },
  "root's link through a stranger's directory": {
    entries: { 'd/': { owner: stranger }, 'd/e': { link: '../good' }, good: {}, m: { link: 'd/e' } },
    fails: 'd: owner',
  },
  "root's link to a stranger's link": {
    entries: { good: {}, l: { link: 'good', owner: stranger }, m: { link: 'l' } },
    fails: 'l: owner',
  },
  'back out of a directory that is writable': {
    entries: { 'd/': { mode: 0o777 }, good: {}, m: { link: 'd/../good' } },
    fails: 'd: writable',
  },
  'a link to nothing': { entries: { m: { link: 'none' } }, fails: 'none: missing' },
  'a loop': { entries: { m: { link: 'l' }, l: { link: 'm' } }, fails: 'm: too-many-links' },
  'a file as a directory': { entries: { d: {}, m: { link: 'd/e' } }, fails: 'd/e: missing' },
  'setuid, which anybody can run': { entries: { m: { mode: 0o4755 } } },
  "as its owner, the user's own": { entries: { m: { owner: stranger } }, uid: stranger },
  "as a user, root's": { entries: { m: {} }, uid: stranger },
  "as a user, another's": { entries: { m: { owner: stranger + 1 } }, uid: stranger, fails: 'm: owner' },
  'as a user, their own that a group can write': {
    entries: { m: { owner: stranger, mode: 0o775 } },
    uid: stranger,
    fails: 'm: writable',
  },
};

test.each(Object.entries(cases))('%s', (_name, { entries, uid = 0, fails }) => {
  const root = tree(entries);
  const file = join(root, Object.keys(entries).find((name) => /(^|\/)m$|mount$/.test(name)) ?? '');
  const target = 'm' in entries ? join(root, 'm') : file;
  const found = distrust(target, uid);
  expect(found && `${found.component.slice(root.length + 1)}: ${found.code}`).toBe(fails ?? null);
});

test('through an ACL, which shows in the bits of the group', () => {
  const root = tree({ m: {} });
  // What an entry for a user grants is limited by the mask, which chmod shows as the group's (acl(5)).
  chmodSync(join(root, 'm'), 0o775);
  expect(distrust(join(root, 'm'), 0)?.code).toBe('writable');
});

describe('the Nix store', () => {
  test('is trusted as nix-daemon has it, and in no other form', () => {
    // In a mount namespace of its own: this machine may have no store, or a real one.
    const script = `
      set -e
      mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root
      mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
      mount --rbind /proc /mnt/root/proc
      mkdir -p /mnt/root/nix && mount -t tmpfs -o mode=755 tmpfs /mnt/root/nix
      exec chroot /mnt/root sh -c "$2" "$0" "$1"`;
    const inside = `
      set -e
      cd "$REPOSITORY"
      mkdir -p /nix/store/a && touch /nix/store/a/mount && chgrp 30000 /nix/store
      for mode in 1775 0775 1777; do chmod $mode /nix/store; "$0" --import tsx --input-type=module -e "$1"; done
      chmod 1775 /nix/store; chown 54321 /nix/store; "$0" --import tsx --input-type=module -e "$1"
      chown 0 /nix/store; chown 54321 /nix/store/a; "$0" --import tsx --input-type=module -e "$1"`;
    const module = join(import.meta.dirname, '../../src/host/trust.ts');
    const code = `const { distrust } = await import(${JSON.stringify(module)});
      const found = distrust('/nix/store/a/mount', 0);
      console.log(found === null ? 'trusted' : found.component + ': ' + found.code);`;
    const output = execFileSync(
      tool('unshare'),
      ['--mount', 'sh', '-c', script, process.execPath, code, inside],
      {
        encoding: 'utf8',
        env: { ...process.env, REPOSITORY: join(import.meta.dirname, '../..') },
      },
    );
    expect(output.trim().split('\n')).toEqual([
      'trusted',
      '/nix/store: writable',
      '/nix/store: writable',
      '/nix/store: owner',
      '/nix/store/a: owner',
    ]);
  });
});

test('what fails is named, with why', () => {
  const root = tree({ 'd/': { mode: 0o777 }, 'd/m': {} });
  const found = distrust(join(root, 'd/m'), 0);
  expect(found && distrustText(join(root, 'd/m'), found)).toBe(
    `${root}/d/m is not trusted: ${root}/d can be written by everybody (mode 777)`,
  );
});
