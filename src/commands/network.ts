/** The network as commands get it: the bases, the cache, the token and the time limit. */
import path from 'node:path';
import type { Remote } from '../facts/nixpkgs/mirrors.ts';
import { githubToken } from '../host/github.ts';
import { httpClient } from '../host/http.ts';
import { cacheDirectory, diskStore } from '../host/store.ts';
import { RequestError } from '../remedy/system.ts';
import { printable } from '../text/escape.ts';
import { type Context, type SharedOptions, verboseHost } from './context.ts';

export interface NetworkOptions {
  baseUrl?: string[];
  rawBaseUrl?: string[];
  /** false with --no-cache */
  cache?: boolean;
  /** seconds, for the whole command */
  timeout?: string;
}

const defaults = {
  baseUrl: 'https://channels.nixos.org',
  rawBaseUrl: 'https://raw.githubusercontent.com/NixOS/nixpkgs',
  timeout: '20',
};

/**
 * @returns what reads over HTTP, and done, which has to be called at the end
 * @throws {RequestError} for a base or a time that cannot be one
 */
export function network(
  context: Context,
  options: NetworkOptions & SharedOptions,
): { remote: Remote; done: () => void } {
  const { env } = context.host;
  const bases = urls('--base-url', options.baseUrl, env['SUBPATHFIX_BASE_URL'], defaults.baseUrl);
  const rawBases = urls(
    '--raw-base-url',
    options.rawBaseUrl,
    env['SUBPATHFIX_RAW_BASE_URL'],
    defaults.rawBaseUrl,
  );
  const milliseconds = limit(options.timeout ?? defaults.timeout);
  const directory = options.cache === false ? null : cacheDirectory(env);
  const host = verboseHost(context, options);

  const ended = new AbortController();
  const end = (): void => ended.abort();
  const timer = setTimeout(end, milliseconds);
  context.signal.addEventListener('abort', end);
  if (context.signal.aborted) end();
  const http = httpClient({
    version: context.version,
    env,
    cacheDirectory: directory === null ? null : path.join(directory, 'http'),
    token: () => githubToken(host, ended.signal),
    ...(options.verbose ? { log: (line: string) => context.stderr(`+ ${printable(line)}\n`) } : {}),
  });
  const store = diskStore(host, directory);
  const deadline = performance.now() + milliseconds;
  return {
    remote: { http, store, bases, rawBases, signal: ended.signal, deadline },
    done() {
      clearTimeout(timer);
      context.signal.removeEventListener('abort', end);
    },
  };
}

/** The URLs of an option, else of its variable (with spaces between them), else the usual one. */
function urls(
  option: string,
  given: string[] | undefined,
  variable: string | undefined,
  usual: string,
): string[] {
  const list = given ?? variable?.split(/\s+/).filter(Boolean) ?? [];
  return (list.length > 0 ? list : [usual]).map((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) {
      throw new RequestError(
        `${option} "${printable(text)}": not an http or https URL without user, query and fragment, such as ${usual}`,
      );
    }
    return url.href.replace(/\/+$/, '');
  });
}

function limit(text: string): number {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= 3600) return seconds * 1000;
  throw new RequestError(`--timeout "${printable(text)}": not a number of seconds from 0.001 to 3600`);
}
