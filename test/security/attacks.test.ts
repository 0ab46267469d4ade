import { chmodSync, copyFileSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildAffectedMount, tool } from '../helpers/tools.ts';
import { Arena } from './arena.ts';

/** What a user who is not root can start, and what root's program says and runs then. */

const system = '/usr/sbin:/usr/bin:/sbin:/bin';
let arena: Arena;
let kubelet: string;
/** the PATH of the true kubelet: its mount has the defect, the attacker's has not */
let truePath: string;

beforeAll(async () => {
  arena = await Arena.start();
  kubelet = arena.file('bin/kubelet');
  mkdirSync(arena.file('affected'));
  await buildAffectedMount(arena.file('affected'));
  truePath = `${arena.file('affected')}:${system}`;
  await execa(tool('gcc'), ['-x', 'c', '-o', arena.file('becomes-root'), '-'], {
    input: '#include <unistd.h>\nint main(void) { return setresuid(0, 0, 0) ? 1 : pause(); }\n',
  });
  chmodSync(arena.file('becomes-root'), 0o4755);
  mkdirSync(arena.file('setuid'));
  copyFileSync(tool('sleep'), arena.file('setuid/kubelet'));
  chmodSync(arena.file('setuid/kubelet'), 0o4755);
});
afterAll(() => arena.stop());

const running: number[] = [];
afterEach(async () => {
  for (const pid of running.splice(0)) await arena.kills(pid);
  expect(arena.traces()).toEqual([]);
});

const started = async (...args: Parameters<Arena['starts']>): Promise<number> => {
  const pid = await arena.starts(...args);
  running.push(pid);
  return pid;
};

const trueKubelet = (env: Record<string, string> = { PATH: truePath }, cwd = '/'): Promise<number> =>
  started([kubelet, '600'], { env, cwd });

const called = (name: string, ...command: string[]): string[] => [
  ...[tool('bash'), '-c', 'exec -a "$0" "$@"', name, ...command],
];

interface Attack {
  /** @returns the process that must be ignored */
  starts: () => Promise<number>;
  code: string;
}

const evilEnv = (): Record<string, string> => ({
  PATH: arena.evil,
  LD_PRELOAD: arena.library,
  LD_LIBRARY_PATH: arena.evil,
  GCONV_PATH: arena.evil,
});

const attacks: Record<string, Attack> = {
  'a program that calls itself kubelet': {
    starts: () =>
      started(called('kubelet', tool('sleep'), '601'), {
        as: arena.user,
        env: { PATH: arena.evil },
        like: /^kubelet 601/,
      }),
    code: 'other-user',
  },
  'one with libraries and character sets for everybody who takes its environment': {
    // Set after it was started: it would load them itself.
    starts: () =>
      started([tool('sh'), '-c', `exec env ${words(evilEnv())} ${arena.file('bin/kubelet')} 602`], {
        ...{ as: arena.user, env: { PATH: system }, like: /kubelet 602/ },
      }).then((pid) => {
        // The attacker's own process has loaded it.
        expect(arena.traces()).not.toEqual([]);
        return pid;
      }),
    code: 'other-user',
  },
  'a program of that name': {
    starts: async () => {
      copyFileSync(tool('sleep'), path.join(arena.home, 'kubelet'));
      return started([path.join(arena.home, 'kubelet'), '603'], {
        as: arena.user,
        env: { PATH: arena.evil },
      });
    },
    code: 'other-user',
  },
  'one that is deleted while it runs': {
    starts: async () => {
      const file = path.join(arena.home, 'kubelet');
      copyFileSync(tool('sleep'), file);
      const pid = await started([file, '604'], { as: arena.user, env: { PATH: arena.evil } });
      rmSync(file);
      return pid;
    },
    code: 'other-user',
  },
  "root's own kubelet, started by a user": {
    starts: () => started([kubelet, '605'], { as: arena.user, env: { PATH: arena.evil } }),
    code: 'other-user',
  },
  'a name of k3s': {
    starts: () =>
      started(called('k3s', tool('sleep'), '606'), {
        as: arena.user,
        env: { PATH: arena.evil },
        like: /^k3s 606/,
      }),
    code: 'other-user',
  },
  'a set-user-ID program of that name': {
    starts: () =>
      started([arena.file('setuid/kubelet'), '607'], { as: arena.user, env: { PATH: arena.evil } }),
    code: 'other-user',
  },
  'a set-user-ID program that becomes root, under that name': {
    starts: () =>
      started(called('kubelet', arena.file('becomes-root')), {
        as: arena.user,
        env: { PATH: arena.evil },
        like: /^kubelet $/,
      }),
    code: 'other-program',
  },
  'su that waits for a password, under that name': {
    starts: () => {
      const su = `exec -a kubelet ${tool('su')} root`;
      // What it reads from does not end.
      return started([tool('sh'), '-c', `sleep 612 | ${tool('script')} -qfc '${su}' /dev/null`], {
        ...{
          as: arena.user,
          env: { PATH: `${arena.evil}:${system}`, SHELL: tool('bash') },
          like: /^kubelet root/,
        },
      });
    },
    code: 'other-user',
  },
  'root of a user namespace': {
    starts: () =>
      started([tool('unshare'), '--map-root-user', kubelet, '608'], {
        as: arena.user,
        env: { PATH: arena.evil },
        like: /kubelet 608/,
      }),
    code: 'other-user',
  },
  'root of a user namespace in which it is root': {
    starts: () =>
      started([tool('unshare'), '--map-root-user', kubelet, '609'], {
        env: { PATH: arena.evil },
        like: /kubelet 609/,
      }),
    code: 'user-namespace',
  },
  'a kubelet of a container': {
    starts: () =>
      started([tool('unshare'), '--mount', kubelet, '610'], {
        env: { PATH: arena.evil },
        like: /kubelet 610/,
      }),
    code: 'other-namespace',
  },
  "a hard link to root's program, started as root": {
    starts: async () => {
      const file = path.join(arena.home, 'linked/kubelet');
      mkdirSync(path.dirname(file), { recursive: true });
      rmSync(file, { force: true });
      linkSync(kubelet, file);
      return started([file, '611'], { env: { PATH: arena.evil } });
    },
    code: 'not-trusted',
  },
};

const words = (env: Record<string, string>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** The commands, each with its exit code for the true kubelet's mount, and for a machine without a kubelet. */
const commands: [args: string[], affected: number][] = [
  [['check', '--json'], 1],
  [['probe', '--json'], 1],
  [['verify', '--skip', 'smoke', '--json'], 4],
  [['sweep', '--json'], 0],
];

describe.each(Object.entries(attacks))('%s', (_name, { starts, code }) => {
  it('does not take the place of kubelet, nor stop what asks', async () => {
    await trueKubelet();
    const pid = await starts();
    const answers = commands.map(async ([args, exitCode]) => {
      const { stdout, exitCode: ended } = await arena.subpathfix(args);
      expect([args[0], ended, stdout]).toEqual([args[0], exitCode, stdout]);
      if (args[0] === 'verify') return;
      const document = JSON.parse(stdout);
      const ignored = args[0] === 'check' ? document.node.ignored : document.ignored;
      expect(ignored).toContainEqual(expect.objectContaining({ pid, code }));
    });
    await Promise.all(answers);
    const { stdout } = await arena.subpathfix(['check']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`(pid ${pid})`);
  });

  it('is no kubelet where there is none', async () => {
    const alone = await arena.subpathfix(['check', '--json']);
    const pid = await starts();
    const { exitCode, stdout } = await arena.subpathfix(['check', '--json']);
    const { facts, node, verdict } = JSON.parse(stdout);
    // One of root's own that is not believed leaves it open; a stranger changes nothing.
    const doubtful = ['not-trusted', 'other-namespace'].includes(code);
    expect([exitCode, verdict]).toEqual(
      doubtful ? [3, verdict] : [alone.exitCode, JSON.parse(alone.stdout).verdict],
    );
    expect([node.kubelet.known, node.mount.known, facts.probe.known]).toEqual([false, false, false]);
    expect(stdout).toContain(String(pid));
    const probed = await arena.subpathfix(['probe', '--pid', String(pid), '--json']);
    expect([probed.exitCode, JSON.parse(probed.stdout).probe]).toEqual([
      3,
      { mount: 'mount', ranAs: null, steps: [] },
    ]);
    expect((await arena.subpathfix(['verify', '--skip', 'smoke'])).exitCode).toBe(3);
  });
});

describe('the mount of a true kubelet is not run, and named', () => {
  const inBin = (name: string, text: string): string => {
    mkdirSync(arena.file(name), { recursive: true });
    writeFileSync(arena.file(name, 'mount'), text, { mode: 0o755 });
    return `${arena.file(name)}:${system}`;
  };
  const cases: Record<
    string,
    { env: () => Record<string, string>; cwd?: () => string; names: () => string }
  > = {
    "in a user's directory": { env: () => ({ PATH: `${arena.evil}:${system}` }), names: () => arena.home },
    'in the current directory, by an empty entry': {
      ...{ env: () => ({ PATH: `:${system}` }), cwd: () => arena.evil, names: () => arena.home },
    },
    'by a relative entry': {
      ...{ env: () => ({ PATH: `evil:${system}` }), cwd: () => arena.home, names: () => arena.home },
    },
    'in a directory that everybody can write': {
      env: () => {
        const PATH = inBin('open', '#!/bin/sh\nexit 0\n');
        chmodSync(arena.file('open'), 0o777);
        return { PATH };
      },
      names: () => arena.file('open'),
    },
    'by a link': {
      env: () => {
        mkdirSync(arena.file('links'), { recursive: true });
        rmSync(arena.file('links/mount'), { force: true });
        symlinkSync(path.join(arena.evil, 'mount'), arena.file('links/mount'));
        return { PATH: `${arena.file('links')}:${system}` };
      },
      names: () => arena.home,
    },
    "by a script of a user's interpreter": {
      env: () => ({ PATH: inBin('interpreted', `#!${arena.evil}/sh\n`) }),
      names: () => arena.home,
    },
    'by a script whose interpreter env finds': {
      env: () => ({ PATH: `${inBin('found', '#!/usr/bin/env nix\n')}`.replace(':', `:${arena.evil}:`) }),
      names: () => arena.home,
    },
    'by a wrapper': {
      env: () => ({ PATH: inBin('wrapped', `#!/bin/sh\nexec "${arena.evil}/mount" "$@"\n`) }),
      names: () => arena.home,
    },
    "with a user's libraries": {
      env: () => ({ PATH: truePath, LD_LIBRARY_PATH: arena.evil }),
      names: () => arena.home,
    },
  };

  it.each(Object.entries(cases))('%s', async (_name, { env, cwd, names }) => {
    await trueKubelet(env(), cwd?.() ?? '/');
    for (const [args] of commands.slice(0, 3)) {
      const { exitCode, stdout } = await arena.subpathfix(args);
      expect([args[0], exitCode]).toEqual([args[0], 3]);
      expect(stdout).toContain(names());
      expect(stdout).toMatch(/belongs to user|can be written by everybody/);
    }
  });
});

it("takes nothing from a user's directory in its own PATH", async () => {
  await trueKubelet();
  for (const [args, exitCode] of commands) {
    const { exitCode: ended, stdout } = await arena.subpathfix(args, {
      env: { PATH: `${arena.evil}:${system}` },
    });
    expect([args[0], ended, stdout]).toEqual([args[0], exitCode, stdout]);
  }
  const { stdout } = await arena.subpathfix(['probe', '--json'], { env: { PATH: arena.evil } });
  expect(JSON.parse(stdout).verdict.because).toMatch(
    /setpriv is not in PATH where only root can change it: .*belongs to/,
  );
});

it('gives its own programs nothing of the environment of kubelet', async () => {
  await trueKubelet({ PATH: truePath, LD_PRELOAD: arena.library, GCONV_PATH: arena.evil, LC_ALL: 'C' });
  // kubelet itself loads it, as root said.
  expect(arena.traces()).not.toEqual([]);
  for (const [args, exitCode] of commands.slice(0, 3))
    expect((await arena.subpathfix(args)).exitCode).toBe(exitCode);
});

describe('a mount that the user names', () => {
  const evilMount = (): string => path.join(arena.evil, 'mount');

  it('runs without the rights of root', async () => {
    const { exitCode, stdout } = await arena.subpathfix(['probe', '--mount', evilMount(), '--json']);
    expect([exitCode, JSON.parse(stdout).probe.ranAs]).toEqual([0, 'unprivileged']);
    const own = await arena.run('readlink', '/proc/self/ns/user');
    const traces = arena.traces();
    expect(traces.length).toBeGreaterThan(0);
    for (const { namespace } of traces) expect(namespace).not.toBe(own);
  });

  it('does not run as root where user namespaces are off', async () => {
    const off = ['unshare', '--user', '--map-root-user', '--mount', '--propagation', 'slave'];
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"';
    const through = [...off, 'sh', '-c', script, 'sh'];
    const { exitCode, stdout } = await arena.subpathfix(['probe', '--mount', evilMount(), '--json'], {
      through,
    });
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).verdict.because).toMatch(/not tested as root: .*belongs to user/);
    const trusted = await arena.subpathfix(['probe', '--mount', tool('mount'), '--json'], { through });
    expect([trusted.exitCode, JSON.parse(trusted.stdout).probe.ranAs]).toEqual([0, 'root']);
  });

  it('that only root can reach runs as root, if only root can change it', async () => {
    const closed = arena.file('closed');
    mkdirSync(closed, { mode: 0o700 });
    copyFileSync(tool('mount'), path.join(closed, 'mount'));
    const { exitCode, stdout } = await arena.subpathfix([
      'probe',
      '--mount',
      path.join(closed, 'mount'),
      '--json',
    ]);
    expect([exitCode, JSON.parse(stdout).probe.ranAs]).toEqual([0, 'root']);
    expect(JSON.parse(stdout).facts.probe.evidence).toContain('as root');
  });
});

it('never mistakes one process for another, however fast they change', async () => {
  await trueKubelet();
  const evil = path.join(arena.home, 'kubelet');
  copyFileSync(tool('sleep'), evil);
  // The names and the programs of many, each for an instant, and set-user-ID programs among them.
  const loop = `while :; do
    (exec -a kubelet ${tool('sleep')} 0.01) & (exec ${evil} 0.01) & (exec ${kubelet} 0.01) &
    (exec -a kubelet ${tool('su')} root </dev/null >/dev/null 2>&1) & (exec ${arena.file('setuid/kubelet')} 0.01) &
    wait; done`;
  await started([tool('bash'), '-c', loop], {
    as: arena.user,
    env: { PATH: arena.evil },
    like: /^\S*bash -c while/,
  });
  for (let time = 0; time < 50; time += 1) {
    const { exitCode, stdout } = await arena.subpathfix(['check', '--json']);
    expect([time, exitCode]).toEqual([time, 1]);
    expect(JSON.parse(stdout).facts.probe.value.mount).toBe(arena.file('affected/mount'));
  }
}, 120_000);

it.each<[what: string, unit: () => string, names: () => string]>([
  ['an EnvironmentFile', () => `EnvironmentFile=-${arena.home}/none`, () => arena.home],
  ['a pattern of EnvironmentFiles', () => `EnvironmentFile=-${arena.home}/*.conf`, () => arena.home],
  ['a drop-in', () => '', () => arena.home],
])("does not believe a unit with %s in a user's directory", async (what, line, names) => {
  const units = arena.file('units');
  rmSync(units, { recursive: true, force: true });
  mkdirSync(path.join(units, 'kubelet.service.d'), { recursive: true });
  writeFileSync(
    path.join(units, 'kubelet.service'),
    `[Service]\nExecStart=${kubelet}\nEnvironment=PATH=${truePath}\n${line()}\n`,
  );
  if (what === 'a drop-in') {
    const file = path.join(arena.home, 'drop-in.conf');
    writeFileSync(file, '[Service]\nEnvironment=LIBMOUNT_FORCE_MOUNT2=always\n');
    symlinkSync(file, path.join(units, 'kubelet.service.d/fix.conf'));
  }
  await trueKubelet();
  // In the arena's own mount namespace, which kubelet is in too.
  await arena.run('mkdir', '-p', '/etc/systemd/system');
  await arena.run('mount', '--bind', units, '/etc/systemd/system');
  const { exitCode, stdout } = await arena.subpathfix(['check', '--json']);
  await arena.run('umount', '/etc/systemd/system');
  expect(exitCode).toBe(1);
  const { unit, planned } = JSON.parse(stdout).node;
  expect(unit).toMatchObject({ known: false, unreadable: true, reason: { code: 'not-trusted' } });
  expect(unit.reason.text).toContain(names());
  expect(planned.known).toBe(false);
});
