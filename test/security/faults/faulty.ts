/** A host that keeps a record of what it is asked, and in which one of the answers goes wrong, each time. */
import { exitCodes, UserError } from '../../../src/errors.ts';
import type { Command, RunOptions, RunResult } from '../../../src/host/command.ts';
import type { Distrust } from '../../../src/host/distrust.ts';
import { type Host, ReadError, StreamError, WriteError } from '../../../src/host/host.ts';
import { HttpError } from '../../../src/host/http-rules.ts';
import { shellQuoted } from '../../../src/text/escape.ts';

/**
 * missing: it is not there; failing: the disk, the program or the server fails; hanging: it takes its whole time, and
 * is given up after it was done; truncated: half of the answer, without a word.
 */
const kinds = ['missing', 'failing', 'hanging', 'truncated'] as const;
export type Kind = (typeof kinds)[number];

export interface Fault {
  key: string;
  kind: Kind;
}

const read: readonly Kind[] = ['missing', 'failing', 'hanging', 'truncated'];
const answered: readonly Kind[] = ['missing', 'failing', 'hanging'];
const missing: readonly Kind[] = ['missing'];

/** What can go wrong with an answer, by the method that gives it. */
const faultsOf = {
  readText: read,
  readHead: read,
  readChunks: read,
  readInput: ['failing', 'truncated'],
  stream: ['missing', 'failing', 'truncated'],
  readLink: answered,
  readDirectory: read,
  changedAt: answered,
  isDirectory: answered,
  findProgram: ['missing', 'hanging'],
  findTool: ['missing', 'hanging'],
  distrust: answered,
  distrustProgramOf: answered,
  processes: ['failing', 'truncated'],
  isAlive: missing,
  writeText: ['failing'],
  makeDirectory: ['failing'],
  remove: ['failing'],
  makeTemporary: ['failing'],
  removeTemporary: ['failing'],
  run: kinds,
  request: kinds,
} as const satisfies Partial<Record<keyof Host, readonly Kind[]>>;
type Method = keyof typeof faultsOf;

/** What is asked, and whether there was something: what is not there cannot be missing, nor cut. */
export type Seen = Map<string, 'there' | 'not there'>;

export const kindsOf = (key: string, found: 'there' | 'not there'): readonly Kind[] =>
  found === 'there' ? faultsOf[key.split(' ', 1)[0] as Method] : ['failing'];

/** What differs from run to run: ids of processes and times, and names made of them. */
const steady = (text: string): string =>
  text
    .replace(/subpathfix-[0-9a-f]{10}\b/g, 'subpathfix-N')
    .replace(/(subpathfix-\w+-)\d+-\w+/g, '$1N')
    .replace(/\d{4,}(?:[-.]\d+)*|\/proc\/\d+|-\d+\.txt/g, (found) => found.replace(/\d[\d.-]*/, 'N'))
    .replace(/\$'(?:\\.|[^'])*'/g, '…');

const nothing: RunResult = { exitCode: null, output: 'injected', stopped: 'not started' };
const half = <T extends { length: number; slice(from: number, to: number): T }>(whole: T): T =>
  whole.slice(0, Math.floor(whole.length / 2));

/**
 * @param seen gets everything that is asked
 * @param fault null for a host that only keeps the record
 */
export function faulty(host: Host, seen: Seen, fault: Fault | null = null): Host {
  /** The fault of a call, if it is this one's. */
  const faultOf = (method: Method, about: string): Kind | null => {
    const key = `${method} ${steady(about)}`;
    seen.set(key, 'there');
    return fault?.key === key ? fault.kind : null;
  };
  const readFault = (kind: Kind | null, path: string): void => {
    if (kind === 'missing') throw new ReadError(`${path}: no such file or directory`, 'ENOENT');
    if (kind === 'failing') throw new ReadError(`${path}: input/output error`, 'EIO');
    if (kind === 'hanging') throw new ReadError(`${path}: no answer within 5 s`, 'ETIMEDOUT');
  };
  const reading =
    <Rest extends unknown[], Value>(
      method: Method,
      ask: (path: string, ...rest: Rest) => Promise<Value>,
      cut: (value: Value) => Value = (value) => value,
    ) =>
    async (path: string, ...rest: Rest): Promise<Value> => {
      const kind = faultOf(method, path);
      readFault(kind, path);
      const value = await ask(path, ...rest).catch((error: unknown) => {
        if (error instanceof ReadError && error.code === 'ENOENT')
          seen.set(`${method} ${steady(path)}`, 'not there');
        throw error;
      });
      return kind === 'truncated' ? cut(value) : value;
    };
  const writing =
    <Rest extends unknown[], Value>(method: Method, ask: (path: string, ...rest: Rest) => Promise<Value>) =>
    async (path: string, ...rest: Rest): Promise<Value> => {
      if (faultOf(method, path) !== null) throw new WriteError(`${path}: no space left on device`, 'ENOSPC');
      return ask(path, ...rest);
    };
  return {
    ...host,
    readText: reading('readText', host.readText, half),
    readHead: reading('readHead', host.readHead, half),
    readLink: reading('readLink', host.readLink),
    readDirectory: reading('readDirectory', host.readDirectory, half),
    changedAt: reading('changedAt', host.changedAt),
    isDirectory: reading('isDirectory', host.isDirectory),
    async *readChunks(path) {
      const kind = faultOf('readChunks', path);
      if (kind === 'missing') readFault(kind, path);
      const whole = await wholeOf(host.readChunks(path));
      yield kind === null ? whole : half(whole);
      readFault(kind, path);
    },
    async *readInput(signal) {
      const kind = faultOf('readInput', '');
      const whole = await wholeOf(host.readInput(signal));
      yield kind === null ? whole : half(whole);
      if (kind === 'failing') throw new ReadError('standard input: input/output error', 'EIO');
    },
    async *stream(command, options) {
      const kind = faultOf('stream', keyOf(command));
      if (kind === 'missing') throw new StreamError(`${command.file} is not in PATH`);
      const whole = await wholeOf(host.stream(command, options));
      yield kind === null ? whole : half(whole);
      if (kind === 'failing') throw new StreamError(`${command.file}: exit 1`);
    },
    async findProgram(name, searchPath, cwd) {
      const kind = faultOf('findProgram', `${name} in ${searchPath}`);
      if (kind === 'hanging') readFault(kind, name);
      return kind === null ? host.findProgram(name, searchPath, cwd) : null;
    },
    async findTool(name) {
      const kind = faultOf('findTool', name);
      const refused = kind === 'hanging' ? [`${name} does not answer`] : [];
      return kind === null ? host.findTool(name) : { file: null, refused };
    },
    distrust: (path) => examined('distrust', path, () => host.distrust(path)),
    distrustProgramOf: (pid) =>
      examined('distrustProgramOf', `/proc/${pid}`, () => host.distrustProgramOf(pid)),
    async processes() {
      const kind = faultOf('processes', '');
      if (kind === 'failing') throw new UserError('/proc: is not mounted', exitCodes.undetermined);
      const all = await host.processes();
      return kind === 'truncated' ? half(all) : all;
    },
    async isAlive(pid) {
      return faultOf('isAlive', `/proc/${pid}`) ? false : host.isAlive(pid);
    },
    writeText: writing('writeText', host.writeText),
    makeDirectory: writing('makeDirectory', host.makeDirectory),
    remove: writing('remove', host.remove),
    makeTemporary: writing('makeTemporary', host.makeTemporary),
    removeTemporary: writing('removeTemporary', host.removeTemporary),
    async run(command, options) {
      const kind = faultOf('run', keyOf(command));
      return kind === null ? host.run(command, options) : badly(host, command, options, kind);
    },
    async request(url, request) {
      const kind = faultOf('request', url);
      if (kind === 'missing') return { url, status: 404, header: () => null, body: '', withToken: false };
      if (kind === 'failing') throw new HttpError(`${url}: connection refused`);
      if (kind === 'hanging') throw new HttpError(`${url}: no answer in time`, true);
      const answer = await host.request(url, request);
      return kind === null ? answer : { ...answer, body: half(answer.body) };
    },
  };

  async function examined(
    method: 'distrust' | 'distrustProgramOf',
    about: string,
    ask: () => Promise<Distrust | null>,
  ): Promise<Distrust | null> {
    const kind = faultOf(method, about);
    if (kind === null) return ask();
    const codes = {
      missing: 'missing',
      failing: 'not-readable',
      hanging: 'no-answer',
      truncated: 'replaced',
    } as const;
    return { code: codes[kind], component: about, text: 'injected' };
  }
}

async function wholeOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  // A piece is valid until the next one is requested.
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A command, and what kinds of objects it is about. */
function keyOf({ file, args, input = '' }: Command): string {
  const objects = [...input.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind);
  return [shellQuoted({ file, args }), ...new Set(objects)].join(' ');
}

async function badly(host: Host, command: Command, options: RunOptions, kind: Kind): Promise<RunResult> {
  if (kind === 'missing') return nothing;
  if (kind === 'failing') return { exitCode: 1, output: '', stopped: null };
  const { onLine, ...others } = options;
  const result = await host.run(command, { ...others, ...(kind === 'hanging' && onLine ? { onLine } : {}) });
  const output = half(result.output);
  if (kind === 'hanging') return { exitCode: null, output, stopped: 'time' };
  for (const line of half(result.output).split('\n')) onLine?.(line);
  return { ...result, output };
}
