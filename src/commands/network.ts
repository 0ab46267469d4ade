/** The network for commands: base URLs, cache, token and time limit. */
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import type { Remote } from '../facts/nixpkgs/mirrors.ts';
import { cacheDirectory } from '../facts/nixpkgs/store.ts';
import { githubToken } from '../host/github.ts';
import { within } from '../host/pause.ts';
import { printable } from '../text/escape.ts';
import { type Context, hostFor, type SharedOptions } from './context.ts';

export interface NetworkOptions {
  baseUrl?: string[];
  rawBaseUrl?: string[];
  /** false with --no-cache */
  cache?: boolean;
  /** seconds, for the whole command */
  timeout?: string;
}

const defaults = {
  '--base-url': 'https://channels.nixos.org',
  '--raw-base-url': 'https://raw.githubusercontent.com/NixOS/nixpkgs',
};

/** @throws {UserError} for an invalid URL or time */
export function network(context: Context, options: NetworkOptions & SharedOptions): Remote {
  const { env } = context.host;
  const milliseconds = limit(options.timeout ?? '20');
  const host = hostFor(context, options);
  const signal = within(milliseconds, context.signal);
  let asked: Promise<string | null> | undefined;
  return {
    host,
    cache: options.cache === false ? null : cacheDirectory(env),
    token() {
      asked ??= githubToken(host, signal);
      return asked;
    },
    bases: urls('--base-url', options.baseUrl, env['SUBPATHFIX_BASE_URL']),
    rawBases: urls('--raw-base-url', options.rawBaseUrl, env['SUBPATHFIX_RAW_BASE_URL']),
    advisory,
    signal,
    deadline: host.monotonic() + milliseconds,
  };
}

/** The URLs of an option, else of its variable (separated by spaces), else the default. */
function urls(option: keyof typeof defaults, given: string[] | undefined, variable = ''): string[] {
  const list = given ?? variable.split(/\s+/).filter(Boolean);
  return (list.length > 0 ? list : [defaults[option]]).map((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username || url.password) {
      throw new UserError(
        `${option} "${printable(text)}": must be an http or https URL without user, query or fragment, such as ${defaults[option]}`,
      );
    }
    return url.href.replace(/\/+$/, '');
  });
}

function limit(text: string): number {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= 3600) return seconds * 1000;
  throw new UserError(`--timeout "${printable(text)}": must be a number of seconds from 0.001 to 3600`);
}
