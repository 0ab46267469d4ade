/** What is known of the far side's files and processes, from the sections that it answered in. */
import type { ProcessEntry } from '../command.ts';
import { splitCommandLine } from '../processes.ts';
import { bad, type Section } from './sections.ts';

/** Of a path itself, as lstat(2) has it. */
export interface Entry {
  mode: number;
  uid: number;
  dev: number;
  ino: number;
  /** ms since the epoch */
  mtimeMs: number;
  size: number;
}

export interface Content {
  bytes: Buffer;
  /** how many were asked for: that many say that there may be more */
  asked: number;
  /** it could not be read to there */
  failed: boolean;
  /** ms of the monotonic clock when it was answered */
  at: number;
}

export interface Output {
  text: Buffer;
  /** 'none' for a program that is not there; null if it was cut off before its end */
  status: number | 'none' | null;
  /** its standard output, where its errors alone are kept */
  after: string;
}

/** What is read of /proc goes out of date; the rest does when something is changed. */
export interface Known {
  entries: Map<string, Entry | null>;
  /** null where the kernel says that the target is gone; empty for one with a line break */
  links: Map<string, (string | null)[]>;
  /** the names in a directory, sorted; null for one with a name that has more than one line */
  names: Map<string, string[] | null>;
  contents: Map<string, Content[]>;
  outputs: Map<string, Output>;
  processes: { all: ProcessEntry[]; at: number } | null;
  /** by process id: what /proc/PID/exe opens */
  running: Map<number, Pick<Entry, 'mode' | 'uid' | 'dev' | 'ino'>>;
}

export const nothingKnown = (): Known => ({
  ...{ entries: new Map(), links: new Map(), names: new Map(), contents: new Map(), outputs: new Map() },
  ...{ processes: null, running: new Map() },
});

const stat = /^([0-9a-f]{1,8}) (\d{1,10}) (\d{1,20}) (\d{1,20}) (-?\d{1,12}) (\d{1,16}) (\/.*)$/;
const opened = /^(\d{1,10}) ([0-9a-f]{1,8}) (\d{1,10}) (\d{1,20}) (\d{1,20})$/;
const text = (line: Buffer | undefined): string => line?.toString('utf8') ?? '';

/** @throws {HostError} for what is none of these sections */
export function learn(known: Known, sections: readonly Section[], ending: string, at: number): void {
  let all: Map<number, string[]> | null = null;
  for (const { kind, lines } of sections) {
    if (kind === 'S') learnEntries(known, lines);
    else if (kind === 'L') learnLinks(known, lines);
    else if (kind === 'M') for (const line of lines) known.entries.set(text(line), null);
    else if (kind === 'T') learnRunning(known, lines);
    else if (kind === 'N') known.names.set(text(lines[0]), lines.slice(1).map(text).sort());
    else if (kind === 'B') known.names.set(text(lines[0]), null);
    else if (kind === 'F') learnContent(known, lines, ending, at);
    else if (kind === 'C') known.outputs.set(text(lines[0]), outputOf(lines.slice(1), ending));
    else if (kind === 'P') all = commandLines(decoded(lines));
    else if (kind === 'Q') all = commandLinesOf(lines);
    else if (kind === 'X') known.processes = { all: processesOf(all ?? new Map(), lines), at };
    else if (kind !== 'H') throw bad('a section of no known kind');
  }
}

function learnEntries(known: Known, lines: readonly Buffer[]): void {
  for (const line of lines) {
    const [, mode = '', uid, dev, ino, mtime, size, path] = stat.exec(text(line)) ?? [];
    if (path === undefined) throw bad('a file that is described by something else');
    const entry = { mode: Number.parseInt(mode, 16), uid: Number(uid), dev: Number(dev), ino: Number(ino) };
    known.entries.set(path, { ...entry, mtimeMs: Number(mtime) * 1000, size: Number(size) });
  }
}

function learnLinks({ links }: Known, lines: readonly Buffer[]): void {
  for (let index = 0; index < lines.length; index += 2) {
    const [path, target] = [text(lines[index]), text(lines[index + 1])];
    if (!path.startsWith('P/') || !/^(?:T|U$)/.test(target))
      throw bad('a link that is described by something else');
    links.set(path.slice(1), [...(links.get(path.slice(1)) ?? []), target === 'U' ? null : target.slice(1)]);
  }
}

function learnRunning({ running }: Known, lines: readonly Buffer[]): void {
  for (const line of lines) {
    const [, pid, mode = '', uid, dev, ino] = opened.exec(text(line)) ?? [];
    if (pid === undefined) throw bad('a program that is described by something else');
    const found = { mode: Number.parseInt(mode, 16), uid: Number(uid), dev: Number(dev), ino: Number(ino) };
    running.set(Number(pid), found);
  }
}

function learnContent({ contents }: Known, [first, ...lines]: readonly Buffer[], ending: string, at: number) {
  const [, asked, path] = /^(\d{1,10}) (\/.*)$/.exec(text(first)) ?? [];
  if (asked === undefined || path === undefined) throw bad('a content of nothing');
  const all = decoded(lines);
  const failed = all.subarray(-ending.length).toString('latin1') === ending;
  const bytes = failed ? all.subarray(0, -ending.length) : all;
  if (bytes.length > Number(asked)) throw bad('more than was asked for');
  contents.set(path, [...(contents.get(path) ?? []), { bytes, asked: Number(asked), failed, at }]);
}

function decoded(lines: readonly Buffer[]): Buffer {
  const joined = Buffer.concat(lines as Buffer[]).toString('latin1');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(joined)) throw bad('bytes that are not base64');
  return Buffer.from(joined, 'base64');
}

function outputOf(lines: readonly Buffer[], ending: string): Output {
  const all = decoded(lines);
  const at = all.indexOf(ending);
  if (at < 0) return { text: all, status: null, after: '' };
  const [code = '', ...after] = all
    .subarray(at + ending.length)
    .toString('utf8')
    .split(ending);
  const status = code === 'none' ? code : /^\d{1,3}$/.test(code) ? Number(code) : null;
  return { text: all.subarray(0, at), status, after: after.join('') };
}

/** A name of a file and an argument in turn, each ended by a NUL (grep -zZ). */
function commandLines(all: Buffer): Map<number, string[]> {
  const words = all.toString('utf8').split('\0');
  const found = new Map<number, string[]>();
  for (let index = 0; index + 1 < words.length; index += 2) {
    const pid = Number(/^\/proc\/([1-9]\d{0,9})\/cmdline$/.exec(words[index] ?? '')?.[1] ?? Number.NaN);
    if (Number.isNaN(pid)) throw bad('a command line of no process');
    const own = found.get(pid) ?? [];
    own.push(words[index + 1] ?? '');
    found.set(pid, own);
  }
  return found;
}

function commandLinesOf(lines: readonly Buffer[]): Map<number, string[]> {
  return new Map(
    lines.flatMap((line): [number, string[]][] => {
      const [, pid, encoded = ''] = /^([1-9]\d{0,9}) ([A-Za-z0-9+/=]*)$/.exec(text(line)) ?? [];
      if (pid === undefined) throw bad('a command line of no process');
      const words = Buffer.from(encoded, 'base64').toString('utf8').replace(/\0$/, '');
      return words === '' ? [] : [[Number(pid), words.split('\0')]];
    }),
  );
}

function processesOf(all: ReadonlyMap<number, string[]>, lines: readonly Buffer[]): ProcessEntry[] {
  const programs = new Map<number, string>();
  for (const line of lines) {
    const [, pid, target] = /^\/proc\/([1-9]\d{0,9})\/exe\0(.*)$/s.exec(text(line)) ?? [];
    if (pid !== undefined && target) programs.set(Number(pid), target);
  }
  return [...all].map(([pid, words]) => ({
    ...{ pid, argv: splitCommandLine(words.join('\0')), program: programs.get(pid) ?? null },
  }));
}
