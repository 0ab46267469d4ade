/** Programs that tests need. One that is missing fails the test by its name; none is skipped for it. */
import { accessSync, constants } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll } from 'vitest';

export const root = path.resolve(import.meta.dirname, '../..');

/** @throws {Error} that says how to get the program */
export function tool(name: string): string {
  for (const directory of (process.env['PATH'] ?? '').split(':')) {
    const file = path.join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // the next directory may have it
    }
  }
  throw new Error(`${name} is missing; npm run setup installs what the tests need`);
}

/** Where directories of tests are: only who runs them can write there. */
export const scratchParent = process.geteuid?.() === 0 ? '/var/lib' : os.tmpdir();

const scratchDirectories: string[] = [];
// At the top of the file that imports this: registered in a hook it would not run.
afterAll(async () => {
  for (const directory of scratchDirectories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/**
 * A directory that is gone when the tests of the file are done. Not a temporary one for root: what lies below a
 * directory that everybody can write is not trusted, and not run.
 */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(scratchParent, 'subpathfix-test-'));
  await chmod(directory, 0o755);
  scratchDirectories.push(directory);
  return directory;
}

export interface CliResult {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the built program as a user does. */
export async function subpathfix(
  args: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string; timeout?: number } = {},
): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await execa('node', [path.join(root, 'dist/main.cjs'), ...args], {
    reject: false,
    timeout: 60_000,
    stripFinalNewline: false,
    ...options,
  });
  return { exitCode, stdout, stderr };
}

/** Builds the stand-in for the mount of util-linux 2.41 into a directory that can stand in a PATH. */
export async function buildAffectedMount(directory: string): Promise<string> {
  const file = path.join(directory, 'mount');
  const source = path.join(root, 'test/stand-in/affected-mount.c');
  await execa(tool('gcc'), [
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    `-DSYSTEM_MOUNT="${tool('mount')}"`,
    '-o',
    file,
    source,
  ]);
  return file;
}
