/** What a user who is not root can start so that it looks like kubelet. */
import { chmodSync, copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { tool } from '../helpers/tools.ts';
import { type Field, system } from './field.ts';

/** Programs of root's that anybody can start with root's user id. */
export async function installSetuid({ arena }: Field): Promise<void> {
  await execa(tool('gcc'), ['-x', 'c', '-o', arena.file('becomes-root'), '-'], {
    input: '#include <unistd.h>\nint main(void) { return setresuid(0, 0, 0) ? 1 : pause(); }\n',
  });
  chmodSync(arena.file('becomes-root'), 0o4755);
  mkdirSync(arena.file('setuid'));
  copyFileSync(tool('sleep'), arena.file('setuid/kubelet'));
  chmodSync(arena.file('setuid/kubelet'), 0o4755);
}

const called = (name: string, ...command: string[]): string[] => [
  ...[tool('bash'), '-c', 'exec -a "$0" "$@"', name, ...command],
];

export interface Attack {
  /** @returns the process that must be ignored */
  starts: () => Promise<number>;
  code: string;
}

const evilEnv = (field: Field): Record<string, string> => ({
  PATH: field.arena.evil,
  LD_PRELOAD: field.arena.library,
  LD_LIBRARY_PATH: field.arena.evil,
  GCONV_PATH: field.arena.evil,
});

/** By what it is. */
export const attacksOn = (field: Field): Record<string, Attack> => ({
  'a program that calls itself kubelet': {
    starts: () =>
      field.started(called('kubelet', tool('sleep'), '601'), {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
        like: /^kubelet 601/,
      }),
    code: 'other-user',
  },
  'one with libraries and character sets for everybody who takes its environment': {
    // Set after it was started: it would load them itself.
    starts: () =>
      field
        .started(
          [tool('sh'), '-c', `exec env ${words(evilEnv(field))} ${field.arena.file('bin/kubelet')} 602`],
          {
            ...{ as: field.arena.user, env: { PATH: system }, like: /^\S+kubelet 602/ },
          },
        )
        .then((pid) => {
          // The attacker's own process has loaded it.
          expect(field.arena.traces()).not.toEqual([]);
          return pid;
        }),
    code: 'other-user',
  },
  'a program of that name': {
    starts: async () => {
      copyFileSync(tool('sleep'), path.join(field.arena.home, 'kubelet'));
      return field.started([path.join(field.arena.home, 'kubelet'), '603'], {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
      });
    },
    code: 'other-user',
  },
  'one that is deleted while it runs': {
    starts: async () => {
      const file = path.join(field.arena.home, 'kubelet');
      copyFileSync(tool('sleep'), file);
      const pid = await field.started([file, '604'], {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
      });
      rmSync(file);
      return pid;
    },
    code: 'other-user',
  },
  "root's own kubelet, started by a user": {
    starts: () =>
      field.started([field.kubelet, '605'], { as: field.arena.user, env: { PATH: field.arena.evil } }),
    code: 'other-user',
  },
  'a name of k3s': {
    starts: () =>
      field.started(called('k3s', tool('sleep'), '606'), {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
        like: /^k3s 606/,
      }),
    code: 'other-user',
  },
  'a set-user-ID program of that name': {
    starts: () =>
      field.started([field.arena.file('setuid/kubelet'), '607'], {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
      }),
    code: 'other-user',
  },
  'a set-user-ID program that becomes root, under that name': {
    starts: () =>
      field.started(called('kubelet', field.arena.file('becomes-root')), {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
        like: /^kubelet $/,
      }),
    code: 'other-program',
  },
  'su that waits for a password, under that name': {
    starts: () => {
      const su = `exec -a kubelet ${tool('su')} root`;
      // What it reads from does not end.
      return field.started([tool('sh'), '-c', `sleep 612 | ${tool('script')} -qfc '${su}' /dev/null`], {
        ...{
          as: field.arena.user,
          env: { PATH: `${field.arena.evil}:${system}`, SHELL: tool('bash') },
          like: /^kubelet root/,
        },
      });
    },
    code: 'other-user',
  },
  'root of a user namespace': {
    starts: () =>
      field.started([tool('unshare'), '--map-root-user', field.kubelet, '608'], {
        as: field.arena.user,
        env: { PATH: field.arena.evil },
        like: /^\S+kubelet 608/,
      }),
    code: 'other-user',
  },
  'root of a user namespace in which it is root': {
    starts: () =>
      field.started([tool('unshare'), '--map-root-user', field.kubelet, '609'], {
        env: { PATH: field.arena.evil },
        like: /^\S+kubelet 609/,
      }),
    code: 'user-namespace',
  },
  'a kubelet of a container': {
    starts: () =>
      field.started([tool('unshare'), '--mount', field.kubelet, '610'], {
        env: { PATH: field.arena.evil },
        like: /^\S+kubelet 610/,
      }),
    code: 'other-namespace',
  },
  "a hard link to root's program, started as root": {
    starts: async () => {
      const file = path.join(field.arena.home, 'linked/kubelet');
      mkdirSync(path.dirname(file), { recursive: true });
      rmSync(file, { force: true });
      linkSync(field.kubelet, file);
      return field.started([file, '611'], { env: { PATH: field.arena.evil } });
    },
    code: 'not-trusted',
  },
});

const words = (env: Record<string, string>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
