/** The directory that holds the link to what was built, while it is looked at. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const directoryPrefix = 'subpathfix-build-';

/** Removes the directories of runs that were killed: their names hold the process that made them. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const pid = new RegExp(`^${directoryPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(path.join(os.tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes one, after removing those of runs that were killed. */
export async function makeBuildDirectory(): Promise<string> {
  await removeAbandoned();
  return mkdtemp(path.join(os.tmpdir(), `${directoryPrefix}${process.pid}-`));
}

export const removeBuildDirectory = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true });
