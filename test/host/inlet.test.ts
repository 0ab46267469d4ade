/** What a program writes comes whole, however it is read, and through a pipe where there is no place for a socket. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';

const bytes = 40_000_000;
// No two of its lines are equal, so that a piece in the wrong place shows.
const script = `seq 100000000 999999999 | head -c ${bytes}`;
const command = { file: 'sh', args: ['-c', script], mutates: false };

/** As it must be: the same, not by a stream. */
const expected = async (): Promise<string> => {
  const { execFileSync } = await import('node:child_process');
  return createHash('sha256')
    .update(execFileSync('sh', ['-c', script], { maxBuffer: 2 * bytes }))
    .digest('hex');
};

const ours = (): string[] =>
  existsSync('/run/subpathfix')
    ? readdirSync('/run/subpathfix').filter((name) => name.startsWith(`subpathfix-stream-${process.pid}-`))
    : [];

afterEach(() => {
  vi.doUnmock('../../src/host/temporary.ts');
  vi.resetModules();
});

describe.each(['a socket', 'a pipe'])('the output of a program, by %s', (way) => {
  const load = async (): Promise<typeof import('../../src/host/stream.ts')> => {
    if (way === 'a pipe') {
      const makeTemporary = (): Promise<string> => Promise.reject(new Error('no place'));
      vi.doMock('../../src/host/temporary.ts', () => ({ makeTemporary, removeTemporary: makeTemporary }));
    }
    return import('../../src/host/stream.ts');
  };

  it.each([
    ['fast', () => undefined],
    ['with pauses', (count: number) => (count % 50 === 0 ? sleep(5) : undefined)],
    ['always late', () => new Promise(setImmediate)],
  ])('is whole when it is read %s', async (_, pause) => {
    const { stream } = await load();
    const hash = createHash('sha256');
    let count = 0;
    for await (const piece of stream(command, {})) {
      // Valid until the next is requested, so also after whatever comes between.
      count += 1;
      await pause(count);
      hash.update(piece);
    }
    expect(hash.digest('hex')).toBe(await expected());
    expect(ours()).toEqual([]);
  });

  it('ends with who reads it, and leaves nothing', async () => {
    const { stream } = await load();
    const endless = { file: 'sh', args: ['-c', 'echo $$; exec yes'], mutates: false };
    let pid = 0;
    for await (const piece of stream(endless, {})) {
      pid = Number.parseInt(Buffer.from(piece).toString(), 10);
      break;
    }
    expect(pid).toBeGreaterThan(1);
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false));
    expect(ours()).toEqual([]);
  });

  it('is over when its program cannot be started', async () => {
    const { stream } = await load();
    const nothing = { file: '/nonexistent/program', args: [], mutates: false };
    const read = async (): Promise<void> => {
      for await (const _ of stream(nothing, {})) throw new Error('there is output');
    };
    await expect(read()).rejects.toThrow('ENOENT');
  });
});
