/** A machine in memory: it has what a test says, and refuses the rest. Time passes only in pause() and run(). */
import path from 'node:path';
import { type Command, defaultMaxBytes, type RunOptions, type RunResult } from '../../src/host/command.ts';
import { findProgram } from '../../src/host/find-program.ts';
import { type Environment, type Host, ReadError, StreamError, WriteError } from '../../src/host/host.ts';
import { type Answer, HttpError } from '../../src/host/http-rules.ts';
import { shellQuoted } from '../../src/text/escape.ts';

/** What a program writes, in order, and how it ends. */
export interface Performance {
  writes?: (string | { error: string })[];
  exitCode?: number;
  /** how long it takes; Infinity for one that hangs */
  takesMs?: number;
}

export interface Machine {
  /** by absolute path */
  files?: Record<string, string | Uint8Array>;
  links?: Record<string, string>;
  /** beside those that files, links and programs lie in */
  directories?: string[];
  /** FIFOs and devices */
  special?: string[];
  programs?: string[];
  /** argv by id */
  processes?: Record<number, string[]>;
  /** when a path was changed, in ms since the epoch; else now */
  changed?: Record<string, number>;
  env?: Environment;
  cwd?: string;
  isRoot?: boolean;
  /** @returns undefined for a program that is not there */
  run?: (command: Command) => Performance | undefined;
  /** on standard input */
  input?: string;
  /** by URL */
  answers?: Record<string, Partial<Answer>>;
}

export interface FakeHost extends Host {
  /** the commands that were run, as a shell reads them */
  ran: string[];
}

const mostLinks = 40;

export function fakeHost(machine: Machine = {}): FakeHost {
  const files = new Map<string, string | Uint8Array>(Object.entries(machine.files ?? {}));
  for (const program of machine.programs ?? []) files.set(program, '');
  const directories = new Set(machine.directories?.map((each) => path.resolve(each)) ?? []);
  const nodes = (): string[] => [
    ...files.keys(),
    ...Object.keys(machine.links ?? {}),
    ...(machine.special ?? []),
  ];
  let clock = 1_000_000;

  const isDirectoryHere = (file: string): boolean =>
    file === '/' ||
    directories.has(file) ||
    [...nodes(), ...directories].some((each) => each.startsWith(`${file}/`));
  const fail = (file: string, code: string): never => {
    throw new ReadError(`${file}: ${code}`, code);
  };
  /** The path with its links followed; those of the last component too, where that is wanted. */
  const real = (file: string, last = true): string => {
    let rest = file.split('/').filter((name) => name !== '' && name !== '.');
    let at = '/';
    for (let links = 0; rest.length > 0; ) {
      const [name = '', ...others] = rest;
      if (files.has(at)) fail(file, 'ENOTDIR');
      if (name === '..' && !isDirectoryHere(at)) fail(file, 'ENOENT');
      const here = path.join(at, name);
      const target = name === '..' ? undefined : machine.links?.[here];
      rest = others;
      if (target === undefined || !(last || others.length > 0)) {
        at = here;
        continue;
      }
      links += 1;
      if (links > mostLinks) fail(file, 'ELOOP');
      if (target.startsWith('/')) at = '/';
      rest = [...target.split('/').filter((each) => each !== '' && each !== '.'), ...others];
    }
    return at;
  };
  const exists = (at: string): boolean => nodes().includes(at) || isDirectoryHere(at);
  const read = (file: string): Buffer => {
    const at = real(file);
    if (isDirectoryHere(at)) fail(file, 'EISDIR');
    if (machine.special?.includes(at)) fail(file, 'EINVAL');
    return Buffer.from(files.get(at) ?? fail(file, 'ENOENT'));
  };
  const isProgram = async (file: string): Promise<boolean> => {
    try {
      return machine.programs?.includes(real(file)) ?? false;
    } catch {
      return false;
    }
  };
  const write = (file: string, text: string): void => {
    const at = path.resolve('/', file);
    if (!isDirectoryHere(path.dirname(at))) throw new WriteError(`${file}: ENOENT`, 'ENOENT');
    if (isDirectoryHere(at)) throw new WriteError(`${file}: EISDIR`, 'EISDIR');
    files.set(at, text);
  };

  const host: FakeHost = {
    hostname: 'fake',
    isRoot: machine.isRoot ?? false,
    live: true,
    userId: machine.isRoot ? 0 : 1000,
    env: machine.env ?? {},
    cwd: machine.cwd ?? '/',
    pid: 4242,
    ran: [],
    async readText(file, limit) {
      const bytes = read(file);
      return bytes.length > limit ? fail(file, 'EFBIG') : bytes.toString();
    },
    readHead: async (file, bytes) => read(file).subarray(0, bytes),
    async *readChunks(file) {
      yield read(file);
    },
    async *readInput() {
      yield Buffer.from(machine.input ?? '');
    },
    async *stream(command, { onErrors }) {
      const found = machine.run?.(command);
      host.ran.push(shellQuoted(command));
      if (!found) throw new StreamError(`${command.file} is not in PATH`);
      for (const piece of found.writes ?? [])
        if (typeof piece === 'string') yield Buffer.from(piece);
        else onErrors?.(piece.error);
      if (found.exitCode) throw new StreamError(`${command.file} exit ${found.exitCode}`);
    },
    async readLink(file) {
      const at = real(file, false);
      return machine.links?.[at] ?? fail(file, exists(at) ? 'EINVAL' : 'ENOENT');
    },
    async readDirectory(file) {
      const at = real(file);
      if (!exists(at)) fail(file, 'ENOENT');
      if (!isDirectoryHere(at)) fail(file, 'ENOTDIR');
      const below = [...nodes(), ...directories].filter((each) =>
        each.startsWith(at === '/' ? at : `${at}/`),
      );
      return [...new Set(below.map((each) => path.relative(at, each).split('/')[0] ?? ''))]
        .filter(Boolean)
        .sort();
    },
    async changedAt(file) {
      const at = real(file, false);
      return exists(at) ? (machine.changed?.[at] ?? clock) : fail(file, 'ENOENT');
    },
    async isDirectory(file) {
      const at = real(file);
      return exists(at) ? isDirectoryHere(at) : fail(file, 'ENOENT');
    },
    findProgram: (name, searchPath, cwd = host.cwd) => findProgram(isProgram, name, searchPath, cwd),
    async findTool(name) {
      const file = await findProgram(isProgram, name, host.env['PATH'] ?? '', host.cwd);
      return { file, refused: [] };
    },
    distrust: async () => null,
    distrustProgramOf: async () => null,
    processes: async () =>
      Object.entries(machine.processes ?? {}).map(([pid, argv]) => {
        return { pid: Number(pid), argv, program: machine.links?.[`/proc/${pid}/exe`] ?? null };
      }),
    isAlive: async (pid) => pid in (machine.processes ?? {}),
    writeText: async (file, text) => write(file, text),
    async makeDirectory(directory) {
      const missing: string[] = [];
      for (let at = path.resolve('/', directory); !isDirectoryHere(at); at = path.dirname(at)) {
        if (exists(at)) throw new WriteError(`${at}: ENOTDIR`, 'ENOTDIR');
        missing.unshift(at);
      }
      for (const each of missing) directories.add(each);
      return missing;
    },
    async remove(file) {
      const at = path.resolve('/', file);
      if (files.delete(at)) return;
      const empty = ![...nodes(), ...directories].some((each) => each.startsWith(`${at}/`));
      if (!empty) throw new WriteError(`${file}: ENOTEMPTY`, 'ENOTEMPTY');
      if (!directories.delete(at)) throw new WriteError(`${file}: ENOENT`, 'ENOENT');
    },
    async makeTemporary(purpose) {
      const directory = `/tmp/subpathfix-${purpose}-${host.pid}-x`;
      directories.add(directory);
      return directory;
    },
    async removeTemporary(directory) {
      for (const file of files.keys()) if (file.startsWith(`${directory}/`)) files.delete(file);
      directories.delete(directory);
    },
    async run(command, options) {
      host.ran.push(shellQuoted(command));
      const performance = machine.run?.(command);
      if (!performance) return { exitCode: null, output: `${command.file}: ENOENT`, stopped: 'not started' };
      clock += Math.min(performance.takesMs ?? 1, options.timeoutMs);
      return perform(performance, options);
    },
    async request(url) {
      const answer = machine.answers?.[url];
      if (!answer) throw new HttpError(`${url}: nobody answers`);
      return { url, status: 200, header: () => null, body: '', withToken: false, ...answer };
    },
    now: () => clock,
    monotonic: () => clock,
    async pause(ms, signal) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal?.aborted) clock += ms;
    },
  };
  return host;
}

/** A program within its limits, as host/command.ts describes them. */
function perform(
  { writes = [], exitCode = 0, takesMs = 1 }: Performance,
  { timeoutMs, signal, keep = 'all', maxBytes = defaultMaxBytes, onLine }: RunOptions,
): RunResult {
  const wanted = writes.filter((each) => keep !== 'errors' || typeof each !== 'string');
  const textOf = (all: Performance['writes'] = []): string =>
    all.map((each) => (typeof each === 'string' ? each : each.error)).join('');
  const end = (stopped: RunResult['stopped'], output = ''): RunResult =>
    stopped ? { exitCode: null, output, stopped } : { exitCode, output, stopped };
  if (signal?.aborted) return end('signal');
  if (keep !== 'end' && textOf(writes).length > maxBytes) return end('output');
  const heard = keep === 'errors' ? writes.filter((each) => typeof each === 'string') : writes;
  for (const line of textOf(heard).match(/[^\n]*\n|[^\n]+$/g) ?? []) onLine?.(line.replace(/\n$/, ''));
  return end(signal?.aborted ? 'signal' : takesMs > timeoutMs ? 'time' : null, textOf(wanted));
}
