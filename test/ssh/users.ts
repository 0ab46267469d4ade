/** Users of this machine who can log in by ssh, each with a login shell and rights of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tool } from '../helpers/tools.ts';

export interface Login {
  name: string;
  home: string;
}

interface LoginOptions {
  shell: string;
  /** what sudo asks of it */
  sudo: 'nothing' | 'password' | 'refused';
  /** files in its home */
  files?: Record<string, string>;
}

const made: { name: string; rules: string; home: string }[] = [];

export function login(letter: string, { shell, sudo, files = {} }: LoginOptions): Login {
  const name = `spf-ssh-${process.pid}${letter}`;
  const home = `/run/${name}`;
  const rules = `/etc/sudoers.d/${name}`;
  made.push({ name, rules, home });
  // A password that nobody has: an account without one is locked, and sshd refuses it.
  execFileSync(tool('useradd'), [
    '--home-dir',
    home,
    '--create-home',
    '--shell',
    shell,
    '--password',
    '*',
    name,
  ]);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    writeFileSync(path.join(home, file), text);
  }
  const rights = { nothing: 'NOPASSWD: ALL', password: 'ALL', refused: null }[sudo];
  if (rights !== null)
    // As sudo 1.9.14 has it by default.
    writeFileSync(rules, `Defaults:${name} use_pty\n${name} ALL=(ALL) ${rights}\n`, { mode: 0o440 });
  return { name, home };
}

export function removeLogins(): void {
  for (const { name, rules, home } of made.splice(0)) {
    rmSync(rules, { force: true });
    spawnSync(tool('userdel'), [name]);
    rmSync(home, { recursive: true, force: true });
  }
}
