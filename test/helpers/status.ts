/** Runs `status` against a server of the test's, with a cache of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Status } from '../../src/report/documents/status.ts';
import type { Server } from './server.ts';
import { type CliResult, scratchParent, subpathfix } from './tools.ts';

const directories: string[] = [];
// At the top of the file that imports this: registered in a test or a hook it would not run.
afterAll(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone when the tests of the file are done. */
export function temporary(): string {
  const directory = mkdtempSync(path.join(scratchParent, 'subpathfix-status-'));
  directories.push(directory);
  return directory;
}

/** Nothing of this machine's: no proxy, no token, no `gh`. */
export const bare = (cache: string): Record<string, string> => ({
  XDG_CACHE_HOME: cache,
  PATH: path.dirname(process.execPath),
  ...Object.fromEntries(
    ['http_proxy', 'https_proxy', 'no_proxy', 'GITHUB_TOKEN'].flatMap((name) => [
      [name, ''],
      [name.toUpperCase(), ''],
    ]),
  ),
});

export const bases = ({ url }: Pick<Server, 'url'>): string[] => [
  ...['--base-url', `${url}/channels`, '--raw-base-url', `${url}/raw`],
];

export interface Ran extends CliResult {
  document: Status;
}

/** With --json; the document is read. */
export async function status(
  server: Pick<Server, 'url'>,
  args: string[],
  { cache = temporary(), env = {} }: { cache?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const result = await subpathfix(['status', '--json', ...bases(server), ...args], {
    env: { ...bare(cache), ...env },
  });
  return { ...result, document: (result.stdout ? JSON.parse(result.stdout) : {}) as Status };
}

/** As a person runs it. */
export const statusText = (
  server: Pick<Server, 'url'>,
  args: string[],
  { cache = temporary(), env = {} }: { cache?: string; env?: Record<string, string> } = {},
): Promise<CliResult> =>
  subpathfix(['status', ...bases(server), ...args], { env: { ...bare(cache), ...env } });
