/** A file system that never answers: FUSE without a server hangs as NFS does whose server is gone. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const gone = path.join(scratch, 'gone');
mkdirSync(gone);

/** Runs a line of the shell where $gone hangs; its mount ends with it. */
async function whereItHangs(line: string) {
  const mounted = `exec 3<>/dev/fuse; ${tool('mount')} -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none ${gone}`;
  const began = performance.now();
  const { exitCode, signal, stdout, stderr } = await execa(
    tool('unshare'),
    ['--mount', '--propagation', 'private', tool('sh'), '-c', `${mounted} && exec ${line}`],
    { reject: false, timeout: 60_000, killSignal: 'SIGKILL' },
  );
  return { exitCode, signal, stdout, stderr, seconds: (performance.now() - began) / 1000 };
}

const run = `${process.execPath} ${path.join(root, 'dist/main.cjs')}`;

describe.concurrent('a file system that never answers', () => {
  it.each([
    ['check --flake-lock', `${run} check --flake-lock ${gone}/flake.lock`],
    ['check --nixpkgs', `${run} check --nixpkgs ${gone}/nixpkgs`],
    ['check --node-root', `${run} check --node-root ${gone}/root`],
    ['probe --mount', `${run} probe --mount ${gone}/bin/mount`],
    ['generate --out', `${run} generate --channel nixos-25.05 --util-linux 2.41 --out ${gone}/fix`],
  ])('is given up by %s, and named', async (_, line) => {
    const { stdout, stderr, seconds, signal } = await whereItHangs(line);
    expect(stdout + stderr).toMatch(
      new RegExp(`${gone}\\S*: no answer within 5 s|${gone}\\S* does not answer`),
    );
    expect(stdout).not.toMatch(/^fixed/m);
    // Nothing else ends a process of which a thread hangs.
    expect(signal).toBe('SIGKILL');
    expect(seconds).toBeLessThan(30);
  });

  it('is no obstacle in PATH, where the programs are in another directory', async () => {
    const { stdout, stderr } = await whereItHangs(
      `env PATH=${gone}:/usr/sbin:/usr/bin:/sbin:/bin ${run} probe --mount ${tool('mount')}`,
    );
    expect(stderr).toContain('still no answer');
    expect(stdout).toMatch(/^(?:fixed|affected)/);
  });
});
