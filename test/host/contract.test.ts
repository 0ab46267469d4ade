/** What every host does alike: this machine, also by ssh, a system in a directory, and the machine of the tests. */
import { spawn, spawnSync } from 'node:child_process';
import { lutimesSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Command, ProcessEntry, RunOptions } from '../../src/host/command.ts';
import { type Host, orNull, ReadError, StreamError, WriteError } from '../../src/host/host.ts';
import { HttpError } from '../../src/host/http-rules.ts';
import { localHost } from '../../src/host/local.ts';
import { rooted } from '../../src/host/rooted.ts';
import { verbose } from '../../src/host/verbose.ts';
import { fakeHost, type Performance } from '../helpers/fake-host.ts';
import { listening } from '../helpers/server.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';
import { thisBySsh } from '../ssh/by-ssh.ts';

interface Subject {
  name: string;
  host: Host;
  /** before every path of the tests */
  at: string;
  /** it never writes, runs or asks anything */
  refuses: boolean;
  process: ProcessEntry;
}

const changed = 1_000_000_000_000;
const scratch = await scratchDirectory();

/** The same tree for all: what a checkout cannot hold is made here. */
function tree(directory: string): void {
  for (const each of ['directory/deep', 'bin', 'proc/12'])
    mkdirSync(path.join(directory, each), { recursive: true });
  const files = { text: 'content\n', 'directory/b': 'b', 'directory/a': 'a', 'proc/12/cmdline': 'a\0b c\0' };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  writeFileSync(path.join(directory, 'bin/program'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(path.join(directory, 'bin/plain'), '');
  const links = {
    link: 'text',
    loop: 'loop',
    'directory/up': '../text',
    nowhere: 'missing',
    absolute: '/text',
    elsewhere: 'directory/deep',
    'directory/deep/back': '../../elsewhere/../a',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(directory, name));
  symlinkSync('/bin/a', path.join(directory, 'proc/12/exe'));
  symlinkSync('../../../../../../../../etc/passwd', path.join(directory, 'out'));
  lutimesSync(path.join(directory, 'link'), changed / 1000, changed / 1000);
  for (const node of [
    ['fifo', 'p'],
    ['device', 'c', '1', '3'],
  ])
    expect(spawnSync(tool('mknod'), node, { cwd: directory }).status).toBe(0);
}

const idle = spawn(tool('sleep'), ['60'], { stdio: 'ignore' });
afterAll(() => void idle.kill('SIGKILL'));

tree(scratch);
const inDirectory = { pid: 12, argv: ['a', 'b c'], program: '/bin/a' };
const scripts: Record<string, Performance> = {
  'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 3': {
    writes: ['one\n', { error: 'two\n' }, 'three\n'],
    exitCode: 3,
  },
  'printf "one\\n\\ntwo"': { writes: ['one\n\ntwo'] },
  'exec sleep 60': { takesMs: 60_000 },
  'echo one; exec sleep 60': { writes: ['one\n'], takesMs: 60_000 },
  'exec yes': { writes: ['y\n'.repeat(1_000_000)], takesMs: Number.POSITIVE_INFINITY },
};
const fake = fakeHost({
  files: { '/text': 'content\n', '/directory/b': 'b', '/directory/a': 'a', '/bin/plain': '' },
  directories: ['/directory/deep', '/proc/12'],
  links: {
    ...{ '/link': 'text', '/loop': 'loop', '/directory/up': '../text', '/nowhere': 'missing' },
    ...{ '/elsewhere': 'directory/deep', '/directory/deep/back': '../../elsewhere/../a' },
    ...{ '/proc/12/exe': '/bin/a', '/absolute': '/text', '/out': '../../../../../../../../etc/passwd' },
  },
  special: ['/fifo', '/device'],
  programs: ['/bin/program'],
  processes: { 12: inDirectory.argv },
  changed: { '/link': changed },
  run: ({ file, args }) => (file === '/bin/sh' ? scripts[args[1] ?? ''] : undefined),
  answers: { 'http://fake/text': { body: 'hello' }, 'http://fake/missing': { status: 404 } },
});
const subjects: Subject[] = [
  {
    ...{ name: 'this machine', host: localHost(), at: scratch, refuses: false },
    process: { pid: idle.pid ?? 0, argv: [tool('sleep'), '60'], program: realpathSync(tool('sleep')) },
  },
  {
    ...{ name: 'a system in a directory', at: '', refuses: true, process: inDirectory },
    host: await rooted(localHost(), scratch),
  },
  {
    ...{ name: 'a machine by ssh', at: scratch, refuses: true, host: (await thisBySsh()).host },
    process: { pid: idle.pid ?? 0, argv: [tool('sleep'), '60'], program: realpathSync(tool('sleep')) },
  },
  { name: 'the machine of the tests', host: fake, at: '', refuses: false, process: inDirectory },
];

/** The value, or the code of the error that it is refused with. */
async function outcome(read: Promise<unknown>): Promise<unknown> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ReadError || error instanceof WriteError) return error.code;
    throw error;
  }
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all).toString();
}

const isProgram = async (host: Host, file: string): Promise<boolean> =>
  (await host.findProgram(file, '')) !== null;

type At = (name: string) => string;
const names = ['a', 'b', 'deep', 'up'];
const reads: [what: string, read: (host: Host, at: At) => Promise<unknown>, gives: unknown][] = [
  ['a text', (host, at) => host.readText(at('text'), 8), 'content\n'],
  ['a text by a link', (host, at) => host.readText(at('link'), 100), 'content\n'],
  ['a text by a link upwards', (host, at) => host.readText(at('directory/up'), 100), 'content\n'],
  ['a text that is too long', (host, at) => host.readText(at('text'), 7), 'EFBIG'],
  ['a text that is missing', (host, at) => host.readText(at('missing'), 100), 'ENOENT'],
  ['a text by a link to nowhere', (host, at) => host.readText(at('nowhere'), 100), 'ENOENT'],
  ['a text below a file', (host, at) => host.readText(at('text/below'), 100), 'ENOTDIR'],
  ['a text above what a link leads to', (host, at) => host.readText(at('elsewhere/../a'), 100), 'a'],
  ['a text by a link to such a path', (host, at) => host.readText(at('elsewhere/back'), 100), 'a'],
  ['a text above a file', (host, at) => host.readText(at('text/../text'), 100), 'ENOTDIR'],
  ['a text above what is missing', (host, at) => host.readText(at('missing/../text'), 100), 'ENOENT'],
  ['a link above what a link leads to', (host, at) => host.readLink(at('elsewhere/../up')), '../text'],
  ['the names above what a link leads to', (host, at) => host.readDirectory(at('elsewhere/..')), names],
  [
    'a path with a NUL',
    async (host, at) => typeof (await outcome(host.readText(at('te\0xt'), 100))),
    'string',
  ],
  ['a directory as a text', (host, at) => host.readText(at('directory'), 100), 'EISDIR'],
  ['a FIFO, without waiting for it', (host, at) => host.readText(at('fifo'), 100), 'EINVAL'],
  ['the head of a FIFO', (host, at) => host.readHead(at('fifo'), 100), 'EINVAL'],
  ['the pieces of a FIFO', (host, at) => joined(host.readChunks(at('fifo'))), 'EINVAL'],
  ['a device', (host, at) => host.readText(at('device'), 100), 'EINVAL'],
  ['a loop of links', (host, at) => host.readText(at('loop'), 100), 'ELOOP'],
  ['a head', async (host, at) => (await host.readHead(at('text'), 3)).toString(), 'con'],
  [
    'a head beyond the end',
    async (host, at) => (await host.readHead(at('text'), 99)).toString(),
    'content\n',
  ],
  ['pieces', (host, at) => joined(host.readChunks(at('text'))), 'content\n'],
  ['pieces that are missing', (host, at) => joined(host.readChunks(at('missing'))), 'ENOENT'],
  ['a link', (host, at) => host.readLink(at('link')), 'text'],
  ['a link in a loop', (host, at) => host.readLink(at('loop')), 'loop'],
  ['a file as a link', (host, at) => host.readLink(at('text')), 'EINVAL'],
  ['a link that is missing', (host, at) => host.readLink(at('missing')), 'ENOENT'],
  ['names, sorted', (host, at) => host.readDirectory(at('directory')), names],
  ['names in a file', (host, at) => host.readDirectory(at('text')), 'ENOTDIR'],
  ['names that are missing', (host, at) => host.readDirectory(at('missing')), 'ENOENT'],
  ['the time of a link itself', (host, at) => host.changedAt(at('link')), changed],
  ['the time of what is missing', (host, at) => host.changedAt(at('missing')), 'ENOENT'],
  ['that it is a directory', (host, at) => host.isDirectory(at('directory')), true],
  ['that it is none', (host, at) => host.isDirectory(at('link')), false],
  ['whether what is missing is one', (host, at) => host.isDirectory(at('missing')), 'ENOENT'],
  ['that it is a program', (host, at) => isProgram(host, at('bin/program')), true],
  ['that a plain file is none', (host, at) => isProgram(host, at('bin/plain')), false],
  ['that a directory is none', (host, at) => isProgram(host, at('directory')), false],
  ['that a missing file is none', (host, at) => isProgram(host, at('missing')), false],
];

describe.each(subjects)('$name', ({ host, at: prefix, refuses, process: running }) => {
  const at: At = (name) => `${prefix}/${name}`;

  it.each(reads)('reads %s', async (_, read, gives) => {
    expect(await outcome(read(host, at))).toEqual(gives);
  });

  it('finds programs as execvp(3) does', async () => {
    const found = at('bin/program');
    expect(await host.findProgram('program', `/nowhere:${at('bin')}`)).toBe(found);
    expect(await host.findProgram('bin/program', '', at(''))).toBe(found);
    expect(await host.findProgram('program', ':/nowhere', at('bin'))).toBe(found);
    expect(await host.findProgram('program', 'bin', at(''))).toBe(found);
    expect(await host.findProgram('plain', at('bin'))).toBe(null);
    expect(await host.findProgram('program', '/nowhere', at('bin'))).toBe(null);
  });

  it('knows its processes', async () => {
    expect(await host.processes()).toContainEqual(running);
    expect(await host.isAlive(running.pid)).toBe(true);
    expect(await host.isAlive(4_194_305)).toBe(false);
  });

  it('ends a pause at its time, and at the signal', async () => {
    const started = host.monotonic();
    await host.pause(30);
    expect(host.monotonic() - started).toBeGreaterThanOrEqual(29);
    await host.pause(60_000, AbortSignal.abort());
    await host.pause(60_000, AbortSignal.timeout(20));
  }, 5000);

  if (refuses) return;

  it('writes a file in the place of another, and leaves nothing beside it', async () => {
    await host.makeDirectory(at('written'));
    for (const text of ['first', 'second']) {
      await host.writeText(at('written/file'), text);
      expect(await host.readText(at('written/file'), 100)).toBe(text);
    }
    expect(await host.readDirectory(at('written'))).toEqual(['file']);
    expect(await outcome(host.writeText(at('missing/file'), ''))).toBe('ENOENT');
    expect(await outcome(host.writeText(at('directory'), ''))).toBe('EISDIR');
    expect(await outcome(host.remove(at('written')))).toBe('ENOTEMPTY');
    await host.remove(at('written/file'));
    await host.remove(at('written'));
    expect(await outcome(host.isDirectory(at('written')))).toBe('ENOENT');
    expect(await outcome(host.remove(at('written')))).toBe('ENOENT');
  });

  it('makes directories, and says which', async () => {
    expect(await host.makeDirectory(at('directory/x/y'))).toEqual([at('directory/x'), at('directory/x/y')]);
    expect(await host.makeDirectory(at('directory/x'))).toEqual([]);
    expect(await outcome(host.makeDirectory(at('text/x')))).toBe('ENOTDIR');
    for (const each of ['directory/x/y', 'directory/x']) await host.remove(at(each));
  });

  it('makes a directory for a run, and removes it with all that is in it', async () => {
    const directory = await host.makeTemporary('test');
    await host.writeText(`${directory}/file`, '');
    await host.removeTemporary(directory);
    expect(await outcome(host.isDirectory(directory))).toBe('ENOENT');
  });

  const sh = (script: string, more: Partial<Command> = {}): Command => ({
    ...{ file: '/bin/sh', args: ['-c', script], mutates: false, ...more },
  });
  const run = async (script: string, options: Partial<RunOptions> = {}) => {
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    const limits = { timeoutMs: 10_000, ...options };
    return {
      quiet: await host.run(sh(script), limits),
      read: await host.run(sh(script), { ...limits, onLine }),
      lines,
    };
  };
  const threeLines = 'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 3';

  it.each<[keep: RunOptions['keep'], output: string, lines: string[]]>([
    ['all', 'one\ntwo\nthree\n', ['one', 'two', 'three']],
    ['end', 'one\ntwo\nthree\n', ['one', 'two', 'three']],
    ['errors', 'two\n', ['one', 'three']],
  ])('runs a program, and keeps %s of what it says, in order', async (keep, output, said) => {
    const { quiet, read, lines } = await run(threeLines, keep ? { keep } : {});
    expect(quiet).toEqual({ exitCode: 3, output, stopped: null });
    expect(read).toEqual(quiet);
    expect(lines).toEqual(said);
  });

  it('gives what a program writes as it comes, and its end', async () => {
    const said: string[] = [];
    const { signal } = new AbortController();
    const options = { signal, onErrors: (text: string) => said.push(text.trim()) };
    const streamed = (script: string) => {
      const command: Command = { file: '/bin/sh', args: ['-c', script], mutates: false };
      return joined(host.stream(command, options));
    };
    expect(await streamed('printf "one\\n\\ntwo"')).toBe('one\n\ntwo');
    await expect(
      streamed('echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; exit 3'),
    ).rejects.toThrow(StreamError);
    const missing: Command = { file: 'no-such-program', args: [], mutates: false };
    await expect(joined(host.stream(missing, options))).rejects.toThrow('no-such-program is not in PATH');
  });

  it('hears a last line without its end', async () => {
    expect((await run('printf "one\\n\\ntwo"')).lines).toEqual(['one', '', 'two']);
  });

  it.each<[stopped: string, script: string, options: Partial<RunOptions>]>([
    ['time', 'exec sleep 60', { timeoutMs: 200 }],
    ['output', 'exec yes', { maxBytes: 1000 }],
    ['output', 'exec yes', { maxBytes: 1000, keep: 'errors' }],
    ['signal', 'exec sleep 60', { signal: AbortSignal.abort() }],
  ])('stops a program by %s: %s', async (stopped, script, options) => {
    const onlyRead = options.keep === 'errors';
    const { quiet, read } = onlyRead
      ? await host
          .run(sh(script), { timeoutMs: 10_000, ...options, onLine: () => {} })
          .then((read) => ({ quiet: read, read }))
      : await run(script, options);
    for (const result of [quiet, read]) expect(result).toMatchObject({ exitCode: null, stopped });
  });

  it('hears a line before the program ends', async () => {
    const stop = new AbortController();
    const onLine = (): void => stop.abort();
    const options = { timeoutMs: 10_000, signal: stop.signal, onLine };
    expect(await host.run(sh('echo one; exec sleep 60'), options)).toMatchObject({ stopped: 'signal' });
  });

  it('says that a program is not there', async () => {
    const command = { file: '/nowhere', args: [], mutates: false };
    for (const more of [{}, { onLine: () => {} }]) {
      const result = await host.run(command, { timeoutMs: 1000, ...more });
      expect(result).toEqual({
        exitCode: null,
        stopped: 'not started',
        output: expect.stringContaining('ENOENT'),
      });
    }
  });
});

describe('a request', () => {
  it('gives an answer of whatever status, and none where nobody answers', async () => {
    const server = http.createServer((request, response) =>
      request.url === '/text' ? response.end('hello') : response.writeHead(404).end('no'),
    );
    const port = await listening(server);
    afterAll(() => void server.close());
    const request = { limit: 100, signal: AbortSignal.timeout(5000) };
    for (const [host, base] of [
      [localHost(), `http://127.0.0.1:${port}`],
      [fake, 'http://fake'],
    ] as const) {
      expect(await host.request(`${base}/text`, request)).toMatchObject({ status: 200, body: 'hello' });
      expect(await host.request(`${base}/missing`, request)).toMatchObject({ status: 404, body: '' });
      await expect(host.request('http://127.0.0.1:9/', request)).rejects.toThrow(HttpError);
    }
  });
});

describe('a system in a directory', async () => {
  const host = await rooted(localHost(), scratch);

  it('follows links inside of it, and none leads out', async () => {
    expect(await host.readText('/absolute', 100)).toBe('content\n');
    expect(await outcome(host.readText('/out', 100_000))).toBe('ENOENT');
    mkdirSync(path.join(scratch, 'etc'));
    writeFileSync(path.join(scratch, 'etc/passwd'), 'its own');
    expect(await host.readText('/out', 100)).toBe('its own');
    expect(await host.readText('/../../etc/passwd', 100)).toBe('its own');
  });

  it('refuses what would touch this machine', async () => {
    const file = path.join(scratch, 'refused');
    for (const write of [
      host.writeText(file, ''),
      host.makeDirectory(file),
      host.remove(path.join(scratch, 'text')),
      host.makeTemporary('test'),
      host.removeTemporary(scratch),
    ])
      await expect(write).rejects.toThrow(WriteError);
    const signal = AbortSignal.timeout(1000);
    await expect(host.request('http://127.0.0.1:9/', { limit: 1, signal })).rejects.toThrow(HttpError);
    const command = { file: '/bin/sh', args: ['-c', `: >${file}`], mutates: true };
    expect(await host.run(command, { timeoutMs: 1000 })).toMatchObject({
      exitCode: null,
      stopped: 'not started',
    });
    expect(await orNull(localHost().isDirectory(file))).toBe(null);
    expect(host).toMatchObject({ env: {}, hostname: null });
  });

  it('is refused where there is none', async () => {
    await expect(rooted(localHost(), path.join(scratch, 'text'))).rejects.toThrow(/is not a directory/);
    await expect(rooted(localHost(), path.join(scratch, 'missing'))).rejects.toThrow(ReadError);
  });
});

it('says what it runs and asks, with --verbose', async () => {
  const said: string[] = [];
  const host = verbose(fake, (line) => said.push(line));
  const limits = { timeoutMs: 200 };
  const command = (file: string, ...args: string[]): Command => ({ file, args, mutates: false });
  await host.run(command('/bin/sh', '-c', 'printf "one\\n\\ntwo"'), limits);
  await host.run(command('/bin/sh', '-c', 'exec sleep 60'), limits);
  await host.request('http://fake/missing', { limit: 1, signal: AbortSignal.timeout(1000) });
  await expect(
    host.request('http://nobody/', { limit: 1, signal: AbortSignal.timeout(1000) }),
  ).rejects.toThrow();
  expect(said).toEqual([
    `/bin/sh -c 'printf "one\\n\\ntwo"'  # exit 0, 1 ms`,
    "/bin/sh -c 'exec sleep 60'  # time, 200 ms",
    'GET http://fake/missing  # 404, 0 ms',
    'GET http://nobody/  # http://nobody/: nobody answers, 0 ms',
  ]);
  expect(await host.readText('/text', 100)).toBe('content\n');
});
