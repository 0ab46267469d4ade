import { expect, it } from 'vitest';
import { hangingReads, inTime } from '../../src/host/read.ts';

const never = () => new Promise<never>(() => undefined);
const answer = async () => 'answer';

/** What of a file system that hangs is not tried again, and what is. */
it.each([
  ['/one/file', '/one', null],
  ['/one/file', '/one/other', null],
  ['/one/file', '/one/deep/other', null],
  ['/one/file', '/oneself/file', 'answer'],
  ['/one/file', '/other', 'answer'],
  ['/top', '/top', null],
  ['/top', '/top/file', null],
  ['/top', '/topmost', 'answer'],
  ['/top', '/etc/hosts', 'answer'],
])('where %s hangs, %s gives %s', async (hanging, asked, gives) => {
  let end = (_: string): void => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  await expect(inTime(hanging, () => ended, 10)).rejects.toThrow(`${hanging}: no answer within 0.01 s`);
  expect(await inTime(asked, answer).catch(() => null)).toBe(gives);
  // Once it has answered it is tried again.
  end('late');
  await expect.poll(hangingReads).toEqual([]);
  expect(await inTime(asked, answer)).toBe('answer');
});

it('tries nothing any more where too much hangs', async () => {
  for (const path of ['/a/x', '/b/x', '/c/x']) await expect(inTime(path, never, 10)).rejects.toThrow();
  await expect(inTime('/d/x', answer)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});
