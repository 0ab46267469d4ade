/** Where `diagnose` reads from: files, standard input, the journal, the cluster. */
import path from 'node:path';
import { type ClusterOptions, commandOf, findKubectl } from '../cluster/kubectl.ts';
import { exitCodes, UserError } from '../errors.ts';
import type { Entry } from '../facts/logs/entry.ts';
import { type Host, ReadError, StreamError } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { printable } from '../text/escape.ts';

export interface LogOptions extends ClusterOptions {
  names: string[];
  unit?: string[];
  since?: string;
  until?: string;
  follow?: true;
  cluster?: true;
}

export interface Source extends Entry {
  /** it goes on until the signal */
  live: boolean;
}

/** A file of any size is read; archives have limits of their own. */
const anySize = Number.MAX_SAFE_INTEGER;

/**
 * @param onErrors gets what a program says beside its output
 * @throws {UserError} when options conflict, a file cannot be read, or there is no kubectl
 */
export async function sourcesOf(
  host: Host,
  options: LogOptions,
  signal: AbortSignal,
  onErrors: (text: string) => void,
): Promise<Source[]> {
  const { names, unit = [], since, until, follow, cluster } = options;
  const journal = unit.length > 0 || since !== undefined || until !== undefined || follow === true;
  const kinds = [names.length > 0 && 'files', journal && 'the journal', cluster && '--cluster'].filter(
    Boolean,
  );
  if (kinds.length === 0) {
    throw new UserError('name a log to read: FILE, - for standard input, --unit NAME, or --cluster');
  }
  if (kinds.length > 1)
    throw new UserError(`${kinds.join(' and ')} cannot be read together: give one of them`);
  if (follow && until !== undefined) throw new UserError('--follow and --until cannot be used together');
  if (names.filter((name) => name === '-').length > 1) throw new UserError('- can be given once');
  if (journal) return [journalOf(host, options, signal, onErrors)];
  if (cluster) return clusterOf(host, options, signal, onErrors);
  return Promise.all(names.map((name) => fileOf(host, name, signal)));
}

/** @throws {UserError} if it is not there, or no regular file: before anything is read */
async function fileOf(host: Host, name: string, signal: AbortSignal): Promise<Source> {
  if (name === '-') return { name: 'standard input', pieces: host.readInput(signal), live: false };
  const file = path.resolve(host.cwd, name);
  try {
    await host.readHead(file, 1);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    // What a shell makes of <(command), as of a FIFO, can be read by standard input alone.
    const hint = error.code === 'EINVAL' ? '; of a pipe: … | subpathfix diagnose -' : '';
    throw new UserError(`${printable(name)}${error.message.replace(file, '')}${hint}`);
  }
  return { name, pieces: host.readChunks(file, anySize), file, live: false };
}

function journalOf(
  host: Host,
  { unit = [], since, until, follow }: LogOptions,
  signal: AbortSignal,
  onErrors: (text: string) => void,
): Source {
  const args = [
    ...['--output=export', '--no-pager', '--quiet'],
    ...unit.map((name) => `--unit=${name}`),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(until === undefined ? [] : [`--until=${until}`]),
    // Without --no-tail it begins with the last ten lines.
    ...(follow ? ['--follow', '--no-tail'] : []),
  ];
  const env = { ...host.env, LC_ALL: 'C' };
  const pieces = host.stream({ file: 'journalctl', args, env, mutates: false }, { signal, onErrors });
  const name = unit.length === 0 ? 'the journal' : `the journal of ${unit.join(' and ')}`;
  return { name, pieces, live: follow === true };
}

/** kubectl asks for lists in parts, but prints them as one document. */
const requests = [
  ['the events of the cluster', ['get', 'events', '--all-namespaces', '--output=json']],
  ['the pods of the cluster', ['get', 'pods', '--all-namespaces', '--output=json']],
] as const;

async function clusterOf(
  host: Host,
  options: ClusterOptions,
  signal: AbortSignal,
  onErrors: (text: string) => void,
): Promise<Source[]> {
  const kubectl = await findKubectl(host, options);
  if (!kubectl.known) throw new UserError(`--cluster: ${kubectl.reason.text}`, exitCodes.undetermined);
  return requests.map(([name, args]) => {
    const command = commandOf(kubectl.value, { args: [...args, '--request-timeout=60s'] });
    const pieces = answer(host.stream(command, { signal, onErrors }), kubectl.evidence);
    return { name, pieces, live: false };
  });
}

/** A cluster that does not answer is missing evidence, not a mistake of the user's. */
async function* answer(pieces: Entry['pieces'], kubectl: string): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    throw new UserError(`--cluster: ${kubectl}: ${clip(error.message)}`, exitCodes.undetermined);
  }
}
