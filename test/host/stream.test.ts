import { expect, test } from 'vitest';
import type { RunLimits, RunResult } from '../../src/host/command.ts';
import { localHost } from '../../src/host/host.ts';

async function lines(
  script: string,
  more: Partial<RunLimits> = {},
  input?: string,
): Promise<{ seen: string[]; result: RunResult }> {
  const seen: string[] = [];
  const command = { file: '/bin/sh', args: ['-c', script], mutates: false, ...(input ? { input } : {}) };
  const limits = { timeoutMs: 10_000, maxBytes: 100_000, ...more };
  const result = await localHost().stream(command, (line) => seen.push(line), limits);
  return { seen, result };
}

const ended = (exitCode: number, output = ''): RunResult => ({ exitCode, output, stopped: null });

test.each([
  ['lines', 'echo one; echo two', ['one', 'two']],
  ['a last line without its end', 'printf "one\\ntwo"', ['one', 'two']],
  ['an empty line', 'echo; echo two', ['', 'two']],
  ['a character that comes in parts', 'printf "\\303"; sleep 0.1; printf "\\244\\n"', ['ä']],
  ['nothing', ':', []],
])('%s', async (_title, script, seen) => {
  expect(await lines(script)).toEqual({ seen, result: ended(0) });
});

test('standard error is the output, and no line', async () => {
  expect(await lines('echo one; echo wrong >&2; exit 7')).toEqual({
    seen: ['one'],
    result: ended(7, 'wrong\n'),
  });
});

test('standard input is given, and ends', async () => {
  expect(await lines('cat', {}, 'one\ntwo\n')).toEqual({ seen: ['one', 'two'], result: ended(0) });
  expect(await lines('cat')).toEqual({ seen: [], result: ended(0) });
});

test('a program that does not read its input is no error', async () => {
  expect(await lines('exec 0<&-; exit 3', {}, 'x'.repeat(1_000_000))).toMatchObject({
    result: { exitCode: 3 },
  });
});

test('a line comes before the program ends', async () => {
  const stop = new AbortController();
  const command = { file: '/bin/sh', args: ['-c', 'echo one; exec sleep 60'], mutates: false };
  const limits = { timeoutMs: 10_000, maxBytes: 1000, signal: stop.signal };
  const result = await localHost().stream(command, () => stop.abort(), limits);
  expect(result).toMatchObject({ exitCode: null, stopped: 'signal' });
});

test.each([
  ['time', 'exec sleep 60', { timeoutMs: 200 }],
  ['output', 'exec cat /dev/zero', { maxBytes: 1000 }],
  ['output', 'exec yes', { maxBytes: 1000 }],
  ['signal', 'exec sleep 60', { signal: AbortSignal.abort() }],
  ['signal', 'kill -TERM $$', {}],
] as const)('stopped by %s: %s', async (stopped, script, more) => {
  expect((await lines(script, more)).result).toMatchObject({ exitCode: null, stopped });
});

test('a program that is not there is not started', async () => {
  const command = { file: '/nowhere', args: [], mutates: false, input: 'x' };
  const result = await localHost().stream(command, () => {}, { timeoutMs: 1000, maxBytes: 1000 });
  expect(result).toMatchObject({
    exitCode: null,
    stopped: 'not started',
    output: expect.stringContaining('ENOENT'),
  });
});
