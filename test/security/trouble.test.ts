/** The ordinary troubles of a machine: an error with a way out, or the answer all the same; never a defect of ours. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const program = path.join(root, 'dist/main.cjs');
const tmpfs = path.join(scratch, 'full');
mkdirSync(tmpfs);
expect(spawnSync(tool('mount'), ['-t', 'tmpfs', '-o', 'size=16k', 'none', tmpfs]).status).toBe(0);
afterAll(() => void spawnSync(tool('umount'), [tmpfs]));

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a line of the shell in namespaces of its own: what it mounts is gone with it. */
function shell(line: string, env: Record<string, string> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(
    tool('unshare'),
    ['--mount', '--propagation', 'private', tool('sh'), '-c', line, 'sh', process.execPath, program, scratch],
    { encoding: 'utf8', timeout: 30_000, env: { PATH: process.env['PATH'] ?? '', HOME: scratch, ...env } },
  );
  return { exitCode: status, stdout, stderr };
}

const run = '"$1" "$2"';
const affected = `${run} check --util-linux 2.41 --channel nixos-25.05`;
const write = `${run} generate --util-linux 2.41 --channel nixos-25.05`;
const goneDirectory = 'mkdir "$3/gone" && cd "$3/gone" && rmdir "$3/gone" &&';
const readOnly = 'mount --bind / / && mount -o remount,ro,bind / &&';

const answers: [trouble: string, line: string, exitCode: number | null][] = [
  ['a directory that was removed', `${goneDirectory} ${affected}`, 1],
  ['a directory that was removed, for the node,', `${goneDirectory} ${run} check`, null],
  ['a directory that was removed, for channels,', `${goneDirectory} ${run} status --offline`, 0],
  ['a directory that was removed, for a plan,', `${goneDirectory} ${run} verify --dry-run`, 0],
  ['no HOME', `unset HOME; ${affected}`, 1],
  ['no HOME, for channels,', `unset HOME; ${run} status --offline`, 0],
  ['no variable at all', `env -i ${affected}`, 1],
  ['no /tmp', `mount -t tmpfs -o ro none /tmp && ${affected}`, 1],
  ['a root that is read-only', `${readOnly} ${affected}`, 1],
  ['a root that is read-only, for channels,', `${readOnly} ${run} status --offline`, 0],
  ['a root that is read-only, for the node,', `${readOnly} ${run} check`, null],
  ['no /dev', `mount -t tmpfs none /dev && ${affected}`, 1],
];

const errors: [trouble: string, line: string, exitCode: number, says: RegExp][] = [
  [
    'a directory that was removed',
    `${goneDirectory} ${write}`,
    2,
    /^subpathfix: (?:the current directory no longer exists; change to another one|.*does not exist)/,
  ],
  [
    'a file named where there is none',
    `${goneDirectory} ${run} check --nixpkgs x`,
    2,
    /no such file or directory/,
  ],
  [
    'a full disk',
    `head -c 1M /dev/zero >"$3/full/zeros" 2>/dev/null; ${write} --out "$3/full"`,
    2,
    /no space left on device; free some.*nothing was written/,
  ],
  [
    'a root that is read-only',
    `${readOnly} ${write} --out /fix`,
    2,
    /the file system is read-only; nothing was/,
  ],
  ['a directory that is a file', `${write} --out /etc/passwd`, 2, /not a directory/],
  [
    'no /proc',
    `mount -t tmpfs none /proc && ${run} check`,
    3,
    /^subpathfix: \/proc: is not mounted.*: mount -t proc/,
  ],
  [
    'no /proc, for leftovers,',
    `mount -t tmpfs none /proc && ${run} sweep`,
    3,
    /^subpathfix: \/proc: is not mounted.*: mount -t proc/,
  ],
];

const usual = ({ stdout, stderr }: Ended): void => {
  expect(stdout + stderr).not.toMatch(/internal error|report it|\n {4}at |\(node:/);
};

describe('a machine with', () => {
  it.each(answers)('%s gives its answer', (_, line, exitCode) => {
    const ended = shell(line);
    usual(ended);
    expect(ended).toMatchObject({ stderr: '' });
    // Of this machine, whatever it is.
    if (exitCode === null) expect([0, 1, 3]).toContain(ended.exitCode);
    else expect(ended.exitCode).toBe(exitCode);
  });

  it.each(errors)('%s gives an error with a way out', (_, line, exitCode, says) => {
    const ended = shell(line);
    usual(ended);
    expect(ended.stdout + ended.stderr).toMatch(says);
    expect(ended.exitCode).toBe(exitCode);
    expect(readdirSync(tmpfs).filter((name) => name.startsWith('.'))).toEqual([]);
    rmSync(path.join(tmpfs, 'zeros'), { force: true });
  });

  it('few files to open says so, or answers, but is never called damaged or good', () => {
    const seen = new Set<number | null>();
    for (const line of [
      affected,
      `${run} check`,
      write,
      `${run} status --no-cache --offline`,
      `${run} sweep`,
    ]) {
      for (let files = 18; files <= 40; files += 2) {
        const ended = shell(`ulimit -n ${files}; ${line.replace('generate', 'generate --stdout')}`);
        const what = `${files} files, ${line}: ${ended.stdout}${ended.stderr}`;
        // Below that node itself does not start, and ends by a signal of its own.
        if (ended.exitCode === null || ended.exitCode > 4 || /node:internal|Assertion|uv_/.test(ended.stderr))
          continue;
        seen.add(ended.exitCode);
        expect(ended.stderr, what).not.toMatch(/copy dist|install subpathfix again|internal error/);
        if (ended.exitCode > 1)
          expect(what).toMatch(/too many open files; raise the limit|undetermined|mount namespace/);
        if (line === affected) expect([1, 2, 3], what).toContain(ended.exitCode);
      }
    }
    expect(seen).toContain(1);
  }, 120_000);
});
