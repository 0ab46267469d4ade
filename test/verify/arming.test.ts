/** A rollback that cannot be armed with certainty: nothing is activated, and none stays armed. */
import { expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { activate } from '../../src/verify/phases/activate.ts';
import type { Shared } from '../../src/verify/shared.ts';
import { fakeHost, type Performance } from '../helpers/fake-host.ts';
import { proc } from '../helpers/running.ts';

it.each<[what: string, fails: RegExp, how: Performance]>([
  ['systemd-run hangs', /^systemd-run$/, { takesMs: Number.POSITIVE_INFINITY }],
  ['systemd-run fails', /^systemd-run$/, { exitCode: 1 }],
  ['tee hangs', /^tee$/, { takesMs: Number.POSITIVE_INFINITY }],
  ['mkdir fails', /^mkdir$/, { exitCode: 1 }],
])('leaves none when %s', async (_, fails, how) => {
  const host = fakeHost({
    ...proc([]),
    directories: ['/run/systemd/system'],
    programs: ['/bin/systemd-run'],
    env: { PATH: '/bin' },
    isRoot: true,
    run: ({ file }) => (fails.test(file) ? how : {}),
  });
  const { signal } = new AbortController();
  const shared: Shared = { host, advisory, signal, smoke: {}, closure: '/nix/store/new', rollsBack: true };
  const result = await activate(shared, { mode: 'switch' }).run(() => {});
  expect(result).toMatchObject({
    state: 'failed',
    because: expect.stringMatching(/; nothing was activated$/),
  });
  expect(host.ran).toContain('systemctl stop subpathfix-rollback.timer');
  expect(host.ran.filter((line) => /nix-env|switch-to-configuration switch/.test(line))).toEqual([]);
  expect(shared.activated).toBeUndefined();
});
