import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands, onField, system } from './field.ts';

/** Files that somebody else can change, on the way of a true kubelet and of root's program itself. */

const field = onField();

describe('the mount of a true kubelet is not run, and named', () => {
  const inBin = (name: string, text: string): string => {
    mkdirSync(field.arena.file(name), { recursive: true });
    writeFileSync(field.arena.file(name, 'mount'), text, { mode: 0o755 });
    return `${field.arena.file(name)}:${system}`;
  };
  const cases: Record<
    string,
    { env: () => Record<string, string>; cwd?: () => string; names: () => string }
  > = {
    "in a user's directory": {
      env: () => ({ PATH: `${field.arena.evil}:${system}` }),
      names: () => field.arena.home,
    },
    'in the current directory, by an empty entry': {
      ...{ env: () => ({ PATH: `:${system}` }), cwd: () => field.arena.evil, names: () => field.arena.home },
    },
    'by a relative entry': {
      ...{
        env: () => ({ PATH: `evil:${system}` }),
        cwd: () => field.arena.home,
        names: () => field.arena.home,
      },
    },
    'in a directory that everybody can write': {
      env: () => {
        const PATH = inBin('open', '#!/bin/sh\nexit 0\n');
        chmodSync(field.arena.file('open'), 0o777);
        return { PATH };
      },
      names: () => field.arena.file('open'),
    },
    'by a link': {
      env: () => {
        mkdirSync(field.arena.file('links'), { recursive: true });
        rmSync(field.arena.file('links/mount'), { force: true });
        symlinkSync(path.join(field.arena.evil, 'mount'), field.arena.file('links/mount'));
        return { PATH: `${field.arena.file('links')}:${system}` };
      },
      names: () => field.arena.home,
    },
    "by a script of a user's interpreter": {
      env: () => ({ PATH: inBin('interpreted', `#!${field.arena.evil}/sh\n`) }),
      names: () => field.arena.home,
    },
    'by a script whose interpreter env finds': {
      env: () => ({
        PATH: `${inBin('found', '#!/usr/bin/env nix\n')}`.replace(':', `:${field.arena.evil}:`),
      }),
      names: () => field.arena.home,
    },
    'by a wrapper': {
      env: () => ({ PATH: inBin('wrapped', `#!/bin/sh\nexec "${field.arena.evil}/mount" "$@"\n`) }),
      names: () => field.arena.home,
    },
    "with a user's libraries": {
      env: () => ({ PATH: field.truePath, LD_LIBRARY_PATH: field.arena.evil }),
      names: () => field.arena.home,
    },
  };

  it.each(Object.entries(cases))('%s', async (_name, { env, cwd, names }) => {
    await field.trueKubelet(env(), cwd?.() ?? '/');
    for (const [args] of commands.slice(0, 3)) {
      const { exitCode, stdout } = await field.arena.subpathfix(args);
      expect([args[0], exitCode]).toEqual([args[0], 3]);
      expect(stdout).toContain(names());
      expect(stdout).toMatch(/belongs to user|can be written by everybody/);
    }
  });
});

it("takes nothing from a user's directory in its own PATH", async () => {
  await field.trueKubelet();
  for (const [args, exitCode] of commands) {
    const { exitCode: ended, stdout } = await field.arena.subpathfix(args, {
      env: { PATH: `${field.arena.evil}:${system}` },
    });
    expect([args[0], ended, stdout]).toEqual([args[0], exitCode, stdout]);
  }
  const { stdout } = await field.arena.subpathfix(['probe', '--json'], { env: { PATH: field.arena.evil } });
  expect(JSON.parse(stdout).verdict.because).toMatch(
    /setpriv is not in PATH where only root can change it: .*belongs to/,
  );
});

it.each([
  ['journalctl', ['--since', '-1h']],
  ['zstd', ['/dev/stdin.zst']],
  ['kubectl', ['--cluster', '--kubeconfig', '/etc/hosts']],
])("reads logs by no %s of a user's", async (name, args) => {
  const trace = field.arena.traces().length;
  writeFileSync(path.join(field.arena.evil, name), readFileSync(path.join(field.arena.evil, 'mount')), {
    mode: 0o755,
  });
  const log = field.arena.file('log.zst');
  writeFileSync(log, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0]));
  const given = args.map((each) => (each.endsWith('.zst') ? log : each));
  const { exitCode, stdout, stderr } = await field.arena.subpathfix(['diagnose', ...given], {
    env: { PATH: field.arena.evil },
  });
  expect([2, 3]).toContain(exitCode);
  expect(stdout + stderr).toMatch(
    new RegExp(`${name} is not in PATH where only root can change it: .*belongs to`),
  );
  expect(field.arena.traces().length).toBe(trace);
});

it('gives its own programs nothing of the environment of kubelet', async () => {
  await field.trueKubelet({
    PATH: field.truePath,
    LD_PRELOAD: field.arena.library,
    GCONV_PATH: field.arena.evil,
    LC_ALL: 'C',
  });
  // kubelet itself loads it, as root said.
  expect(field.arena.traces()).not.toEqual([]);
  for (const [args, exitCode] of commands.slice(0, 3))
    expect((await field.arena.subpathfix(args)).exitCode).toBe(exitCode);
});
it.each<[what: string, unit: () => string, names: () => string]>([
  ['an EnvironmentFile', () => `EnvironmentFile=-${field.arena.home}/none`, () => field.arena.home],
  [
    'a pattern of EnvironmentFiles',
    () => `EnvironmentFile=-${field.arena.home}/*.conf`,
    () => field.arena.home,
  ],
  ['a drop-in', () => '', () => field.arena.home],
])("does not believe a unit with %s in a user's directory", async (what, line, names) => {
  const units = field.arena.file('units');
  rmSync(units, { recursive: true, force: true });
  mkdirSync(path.join(units, 'kubelet.service.d'), { recursive: true });
  writeFileSync(
    path.join(units, 'kubelet.service'),
    `[Service]\nExecStart=${field.kubelet}\nEnvironment=PATH=${field.truePath}\n${line()}\n`,
  );
  if (what === 'a drop-in') {
    const file = path.join(field.arena.home, 'drop-in.conf');
    writeFileSync(file, '[Service]\nEnvironment=LIBMOUNT_FORCE_MOUNT2=always\n');
    symlinkSync(file, path.join(units, 'kubelet.service.d/fix.conf'));
  }
  await field.trueKubelet();
  // In the arena's own mount namespace, which kubelet is in too.
  await field.arena.run('mkdir', '-p', '/etc/systemd/system');
  await field.arena.run('mount', '--bind', units, '/etc/systemd/system');
  const { exitCode, stdout } = await field.arena.subpathfix(['check', '--json']);
  await field.arena.run('umount', '/etc/systemd/system');
  expect(exitCode).toBe(1);
  const { unit, planned } = JSON.parse(stdout).node;
  expect(unit).toMatchObject({ known: false, unreadable: true, reason: { code: 'not-trusted' } });
  expect(unit.reason.text).toContain(names());
  expect(planned.known).toBe(false);
});
