/** Programs that tests need. One that is missing fails the test by its name; none is skipped for it. */
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
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

const scratchDirectories: string[] = [];
// At the top of the file that imports this: registered in a hook it would not run.
afterAll(async () => {
  for (const directory of scratchDirectories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A directory that is gone when the tests of the file are done. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'subpathfix-test-'));
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
