/** A whole run: what it creates, says and removes. */
import { describe, expect, it } from 'vitest';
import type { SmokeStep } from '../../src/smoke/result.ts';
import type { Performance } from '../helpers/fake-host.ts';
import { smoke } from '../helpers/smoke-run.ts';
import { mkdirExists, podLine, waiting } from '../helpers/watch-lines.ts';

describe('a run', () => {
  it('creates, judges and removes', async () => {
    const { result, steps, deleted } = await smoke(() => undefined);
    expect(result).toMatchObject({
      state: 'fixed',
      removed: true,
      left: [],
      scheduledMs: expect.any(Number),
    });
    expect(steps).toEqual(['asking', 'creating', 'scheduled', 'removing']);
    expect(deleted.map((command) => command.split(' ').slice(1, 3).join(' '))).toEqual([
      ...['delete pods', 'delete namespace'],
    ]);
  });

  it.each([
    [
      {},
      /^kept: namespace subpathfix-\w{10}; .*after 61 minutes, or with: kubectl delete namespace subpathfix-/,
    ],
    [
      { namespace: 'mine' },
      /^kept: objects with the label .* in namespace mine; .*kubectl delete jobs -n mine/,
    ],
  ])('keeps what it created if that is asked for: %j', async (options, left) => {
    let inputs = '';
    const note = (_: string, { input = '' }: { input?: string | undefined }): undefined => {
      inputs += input;
    };
    const { result, steps, deleted } = await smoke(note, { options: { ...options, keep: true } });
    expect(result).toMatchObject({ state: 'fixed', removed: false, left: [expect.stringMatching(left)] });
    expect([steps.at(-1), deleted]).toEqual(['scheduled', []]);
    // No process that the next run could find ended.
    expect(inputs).toContain('"subpathfix-owner":"kept"');
  });

  it('keeps nothing when it is interrupted', async () => {
    const { deleted } = await smoke(() => undefined, { options: { keep: true }, abortAt: 'creating' });
    expect(deleted.length).toBeGreaterThan(0);
  });

  it('says what stays on an affected node', async () => {
    const broken = podLine({ configMap: waiting('CreateContainerError', mkdirExists('configmap-file')) });
    const { result } = await smoke((what, { args }) => {
      if (what === 'pods') return { writes: [`${broken}\n`] };
      return what === 'delete' && args[1] === 'pods' && !args.includes('--force')
        ? { exitCode: 1 }
        : undefined;
    });
    expect(result).toMatchObject({ state: 'affected', removed: true });
    expect(result.left).toEqual([
      expect.stringMatching(/^node one: kubelet cannot remove pod .* sweep --apply$/),
    ]);
  });

  it.each<[title: string, metadata: object, removes: boolean]>([
    ['of a run that has expired', {}, true],
    ['that is being removed already', { deletionTimestamp: '2000-01-01T00:00:00Z' }, false],
    ['of somebody else', { labels: { 'app.kubernetes.io/instance': 'mine' } }, false],
  ])('first removes a namespace %s: %j', async (_title, metadata, removes) => {
    const labels = { 'app.kubernetes.io/instance': '0123456789' };
    const annotations = { 'subpathfix-owner': 'x', 'subpathfix-expires': '1969-01-01T00:00:00Z' };
    const items = [{ kind: 'Namespace', metadata: { name: 'a', labels, annotations, ...metadata } }];
    const { steps } = await smoke((what, { args }) =>
      what === 'get' && args.includes('namespaces')
        ? { writes: [`${JSON.stringify({ items })}\n`] }
        : undefined,
    );
    expect(steps.includes('removing-old')).toBe(removes);
  });

  it.each<[what: string, answer: Performance, because: RegExp]>([
    [
      'review',
      { exitCode: 1, writes: [{ error: 'Unauthorized' }] },
      /^cannot determine .* may do: Unauthorized$/,
    ],
    ['review', { writes: [] }, /^this user may not create, get, list, watch, delete namespaces; .* events$/],
    ['create', { takesMs: 60_000 }, /^the API server does not answer: kubectl did not finish within 10 s/],
    [
      'create',
      { exitCode: 1, writes: [{ error: 'pods "x" is forbidden: exceeded quota: q' }] },
      /^a quota refuses the smoke pod: /,
    ],
    ['create', { writes: ['created\n'] }, /^kubectl did not say what it created$/],
    ['pods', { writes: [] }, /^no result within (59|60) s; node one: no pod has arrived$/],
  ])('is undetermined by %s: %j', async (what, answer, because) => {
    const { result, deleted } = await smoke((asked) => (asked === what ? answer : undefined));
    expect(result.because).toMatch(because);
    expect(result).toMatchObject({ state: 'undetermined', removed: true, left: [] });
    expect(deleted.length > 0).toBe(what !== 'review');
  });

  it.each<[abortAt: SmokeStep['code'], removes: boolean]>([
    ['asking', false],
    ['creating', true],
    ['scheduled', true],
  ])('that is interrupted at "%s" removes what it created: %j', async (abortAt, removes) => {
    const { result, deleted } = await smoke(
      (what) => (what === 'pods' ? { writes: [`${podLine({ secret: null })}\n`] } : undefined),
      {
        abortAt,
      },
    );
    expect(result).toMatchObject({ state: 'undetermined', because: expect.stringMatching(/^interrupted/) });
    expect(deleted.length > 0).toBe(removes);
  });

  it('refuses what cannot be a name before it asks anybody', async () => {
    const { result, host } = await smoke(() => undefined, { options: { node: '--all' } });
    expect(result.because).toBe('"--all" is not a valid object name');
    expect(host.ran).toEqual([]);
  });
});
