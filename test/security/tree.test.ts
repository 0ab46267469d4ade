/** A system in --node-root that somebody hostile has made: an answer or one clear error, and soon. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli.ts';
import { UserError } from '../../src/errors.ts';
import { localHost } from '../../src/host/local.ts';
import { printableLine } from '../../src/text/escape.ts';
import { nodeRoot } from '../helpers/node-root.ts';
import { type CliResult, scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const secret = path.join(scratch, 'outside');
const marker = 'PRETTY_NAME=outside-of-the-root';
writeFileSync(secret, `ID=debian\n${marker}\n`);

const makeNode = (file: string, ...kind: string[]): void => {
  expect(spawnSync(tool('mknod'), [file, ...kind]).status).toBe(0);
};

async function makeSocket(file: string): Promise<void> {
  // A path of a socket has at most 107 bytes.
  const short = path.join(scratch, 's');
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(short, resolve));
  expect(spawnSync(tool('cp'), ['-a', short, file]).status).toBe(0);
  await new Promise((resolve) => server.close(resolve));
}

/** What takes the place of a file. */
const replacements: Record<string, (file: string) => unknown> = {
  'a FIFO': (file) => makeNode(file, 'p'),
  'a device without end': (file) => makeNode(file, 'c', '1', '5'),
  'the terminal': (file) => makeNode(file, 'c', '5', '0'),
  'a socket': makeSocket,
  'a directory': (file) => mkdirSync(file),
  'a loop': (file) => symlinkSync(path.basename(file), file),
  'a link out of the root': (file) => symlinkSync(secret, file),
  'a link up and out': (file) => symlinkSync(`${'../'.repeat(30)}${secret}`, file),
  'a link to a device': (file) => symlinkSync('/dev/zero', file),
  'a file of 1 TB': (file) => {
    closeSync(openSync(file, 'w'));
    truncateSync(file, 2 ** 40);
  },
  'a file of one long line': (file) => writeFileSync(file, 'A='.padEnd(999_999)),
  'a file of newlines': (file) => writeFileSync(file, '\n'.repeat(999_999)),
  nothing: () => {},
};

/** Links are files too, wherever they lead. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

const check = (root: string, ...more: string[]): Promise<CliResult> =>
  subpathfix(['check', '--node-root', root, ...more], { timeout: 5000 });

/** The same in this process: for hundreds of trees. */
async function checkHere(root: string): Promise<CliResult> {
  const said = { stdout: '', stderr: '' };
  const output = (name: keyof typeof said) => ({
    columns: null,
    write: (text: string) => {
      said[name] += text;
    },
  });
  const argv = ['check', '--node-root', root];
  const streams = { stdout: output('stdout'), stderr: output('stderr') };
  const { signal } = new AbortController();
  try {
    const exitCode = await runCommandLine({ host: localHost(), version: '0', signal, argv, ...streams });
    return { ...said, exitCode };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      stdout: said.stdout,
      stderr: `subpathfix: ${printableLine(error.message)}\n`,
      exitCode: error.exitCode,
    };
  }
}

function expectAnAnswer({ exitCode, stdout, stderr }: CliResult, what: string): void {
  expect([0, 1, 2, 3], what).toContain(exitCode);
  expect(stderr, what).not.toMatch(/internal error|\n {4}at /);
  expect(stdout + stderr, what).not.toContain(marker);
  if (exitCode === 2) expect(stderr, what).toMatch(/^subpathfix: [^\n]+\n$/);
  else expect({ what, stderr }).toEqual({ what, stderr: '' });
}

describe.each(['k0s-worker-affected', 'debian-k3s-agent-affected', 'arch-microk8s-affected'])(
  'the node %s, which is affected,',
  (name) => {
    it.each(Object.entries(replacements))(
      'is not called good with %s in the place of one of its files',
      async (what, replace) => {
        const whole = nodeRoot(path.join(scratch, `${name} ${what}`), name);
        const files = filesBelow(whole).map((file) => path.relative(whole, file));
        expect((await checkHere(whole)).exitCode).toBe(1);
        const aside = path.join(scratch, `aside ${name} ${what}`);
        for (const file of files) {
          const place = path.join(whole, file);
          renameSync(place, aside);
          await replace(place);
          const begun = Date.now();
          const result = await checkHere(whole);
          expect(Date.now() - begun, `${what} at ${file}`).toBeLessThan(5000);
          expectAnAnswer(result, `${what} at ${file}`);
          expect(result.exitCode, `${what} at ${file}: ${result.stdout}`).not.toBe(0);
          rmSync(place, { recursive: true, force: true });
          renameSync(aside, place);
        }
        expect((await checkHere(whole)).exitCode).toBe(1);
        rmSync(whole, { recursive: true });
      },
      120_000,
    );
  },
);

describe('a tree', () => {
  const empty = (name: string, ...directories: string[]): string => {
    const root = path.join(scratch, name);
    for (const each of ['', ...directories]) mkdirSync(path.join(root, each), { recursive: true });
    return root;
  };

  it.each([
    ['proc', 110_000],
    ['var/lib/pacman/local', 110_000],
    ['etc/systemd/system/k0sworker.service.d', 1_000_000],
  ])(
    'with too many names in %s, %i, is refused',
    async (directory, count) => {
      const root = empty('many');
      // In memory: a million files take minutes on a disk.
      expect(spawnSync(tool('mount'), ['-t', 'tmpfs', '-o', 'nr_inodes=0', 'none', root]).status).toBe(0);
      try {
        for (const each of [directory, 'etc/systemd/system'])
          mkdirSync(path.join(root, each), { recursive: true });
        const unit = path.join(root, 'etc/systemd/system/k0sworker.service');
        writeFileSync(unit, '[Service]\nExecStart=/bin/k0s\n');
        const make = `seq ${count} | xargs ${directory === 'proc' ? 'mkdir' : 'touch'}`;
        expect(spawnSync(tool('sh'), ['-c', make], { cwd: path.join(root, directory) }).status).toBe(0);
        const result = await check(root);
        expectAnAnswer(result, directory);
        expect(result).toMatchObject({
          exitCode: 2,
          stderr: expect.stringMatching(/: has more than \d+ (?:entries|processes)\n$/),
        });
      } finally {
        spawnSync(tool('umount'), [root]);
        rmSync(root, { recursive: true });
      }
    },
    120_000,
  );

  it('with names of several lines, or of escape sequences, has one line for each', async () => {
    const evil = 'x\nsubpathfix: fixed\n\u001b[2J\u202e';
    const root = empty(`line\n${evil}`, 'etc/systemd/system/k0sworker.service.d', 'usr/bin');
    writeFileSync(
      path.join(root, 'etc/systemd/system/k0sworker.service'),
      `[Service]\nExecStart=/bin/k0s\nEnvironment="PATH=/usr/bin/${evil.replaceAll('\n', '\\n')}:/usr/bin"\n`,
    );
    writeFileSync(path.join(root, `etc/systemd/system/k0sworker.service.d/${evil}.conf`), '[Service]\n');
    writeFileSync(path.join(root, 'etc/os-release'), `ID=debian\nPRETTY_NAME="${evil}"\n`);
    for (const args of [[], ['--json'], ['--format', 'markdown'], ['--format', 'junit'], ['-v']]) {
      const { stdout, stderr } = await check(root, ...args);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      expect(stdout + stderr).not.toMatch(/[\u001b\u202e]|^subpathfix: fixed/m);
    }
    const missing = await check(path.join(root, 'missing'));
    expect(missing.stderr).toMatch(/^subpathfix: [^\n]*no such file or directory\n$/);
  });

  it.each<[what: string, make: (root: string) => void]>([
    ['a FIFO as the cmdline of a process', (root) => makeNode(path.join(root, 'proc/1/cmdline'), 'p')],
    ['a link as a process', (root) => symlinkSync('/proc/self', path.join(root, 'proc/2'))],
    [
      '/proc as a link to ours',
      (root) => {
        rmSync(path.join(root, 'proc'), { recursive: true });
        symlinkSync('/proc', path.join(root, 'proc'));
      },
    ],
    [
      'links between directories in a loop',
      (root) => {
        for (const [from, to] of [
          ['a', '/b/x'],
          ['b', '/a/x'],
          ['etc', 'a'],
        ] as const)
          symlinkSync(to, path.join(root, from));
      },
    ],
    ['a link of 4000 characters', (root) => symlinkSync('x/'.repeat(2000), path.join(root, 'etc'))],
    [
      'links that double at each step',
      (root) => {
        for (let index = 0; index < 38; index += 1)
          symlinkSync(`l${index + 1}/../l${index + 1}`, path.join(root, `l${index}`));
        symlinkSync('l0', path.join(root, 'etc'));
      },
    ],
  ])('with %s is answered or refused', async (_, make) => {
    const root = empty('odd', 'proc/1');
    make(root);
    expectAnAnswer(await check(root), _);
    rmSync(root, { recursive: true });
  });

  it('that is a link itself is read where it leads', async () => {
    const root = nodeRoot(path.join(scratch, 'linked'), 'k0s-worker-affected');
    symlinkSync(root, path.join(scratch, 'link'));
    expect((await check(path.join(scratch, 'link'))).exitCode).toBe(1);
  });

  it.each(['a FIFO', 'a device without end', 'a socket', 'a file of 1 TB', 'a loop'])(
    'of nixpkgs, or a lock file, that is %s is refused',
    async (what) => {
      const file = path.join(scratch, `given-${what.replaceAll(' ', '-')}`);
      await replacements[what]?.(file);
      for (const option of ['--nixpkgs', '--flake-lock', '--node-root'])
        expectAnAnswer(await subpathfix(['check', option, file], { timeout: 5000 }), option);
      const since = ['status', '--offline', '--no-cache', '--since', file];
      expectAnAnswer(await subpathfix(since, { timeout: 5000 }), 'since');
      expect(existsSync(file) || what === 'a loop').toBe(true);
    },
  );
});
