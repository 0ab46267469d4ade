/** A run on a cluster that has only just been started. */
import { describe, expect, it } from 'vitest';
import type { Performance } from '../helpers/fake-host.ts';
import { smoke } from '../helpers/smoke-run.ts';

describe('a run', () => {
  const refused = { exitCode: 1, writes: [{ error: 'dial tcp [::1]:6443: connect: connection refused' }] };
  const noAccount = {
    exitCode: 1,
    writes: [
      {
        error:
          'pods "x" is forbidden: error looking up service account x/default: serviceaccount "default" not found',
      },
    ],
  };
  const unavailable = {
    exitCode: 1,
    writes: [{ error: 'Error from server (ServiceUnavailable): apiserver not ready' }],
  };

  it.each<[what: string, answer: Performance, times: number, waits: string[]]>([
    ['review', refused, 3, ['waiting for the API server']],
    ['review', unavailable, 1, ['waiting for the API server']],
    ['get', refused, 4, ['waiting for the API server']],
    ['create', noAccount, 2, []],
    ['create', noAccount, 30, ['waiting for the controller manager to give the namespace a service account']],
    ['create', refused, 30, ['waiting for the API server']],
  ])('waits for what has only just been started, by %s: %j, %i times', async (what, answer, times, waits) => {
    let left = times;
    const { result, texts } = await smoke((asked) => (asked === what && left-- > 0 ? answer : undefined));
    expect(result).toMatchObject({ state: 'fixed', removed: true });
    expect(texts.filter((text) => text.startsWith('waiting'))).toEqual(waits);
  });

  it.each<[what: string, answer: Performance, because: RegExp]>([
    ['review', refused, /^waited 60 s for the API server: the API server does not answer: .*refused$/],
    ['create', noAccount, /^the controller manager has not given the namespace a service account: /],
    ['create', unavailable, /apiserver not ready$/],
  ])('does not wait for longer than the time limit, by %s: %j', async (what, answer, because) => {
    const { result, host } = await smoke((asked) => (asked === what ? answer : undefined));
    expect(result).toMatchObject({ state: 'undetermined', because: expect.stringMatching(because) });
    expect(host.monotonic()).toBeLessThan(1_000_000 + 75_000);
  });

  it.each([
    'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
    'failed calling webhook "x": connection refused',
  ])('does not wait for %j', async (error) => {
    const { steps } = await smoke((asked) =>
      asked === 'review' ? { exitCode: 1, writes: [{ error }] } : undefined,
    );
    expect(steps).toEqual(['asking']);
  });

  it('does not take over what was there before its first attempt', async () => {
    const there = { exitCode: 1, writes: [{ error: 'jobs.batch "x" already exists' }] };
    let creations = 0;
    const { result } = await smoke((what, { args }) => {
      if (what === 'create' && ++creations === 1) return there;
      return args.includes('-f') && args[0] === 'get' ? ('echo' as const) : undefined;
    });
    expect(result).toMatchObject({
      state: 'undetermined',
      because: expect.stringMatching(/already exists$/),
    });
  });

  it('goes on with what was created although the answer was lost', async () => {
    let creations = 0;
    const { result } = await smoke((what, { args }) => {
      if (what === 'create' && ++creations === 1)
        return { exitCode: 1, writes: [{ error: 'unexpected EOF' }] };
      if (what === 'create' && creations === 2) {
        return {
          exitCode: 1,
          writes: [{ error: 'namespaces "x" already exists\njobs.batch "x" already exists' }],
        };
      }
      return args.includes('-f') && args[0] === 'get' ? ('echo' as const) : undefined;
    });
    expect(result).toMatchObject({ state: 'fixed', removed: true });
  });
});
