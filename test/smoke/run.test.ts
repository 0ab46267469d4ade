/** A whole run against a kubectl that answers as it is told; the real one is in test/cluster. */
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import type { Command } from '../../src/host/command.ts';
import type { SmokeResult, SmokeStep } from '../../src/smoke/result.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import type { SmokeOptions } from '../../src/smoke/target.ts';
import { type FakeHost, fakeHost, type Performance } from '../helpers/fake-host.ts';
import { mkdirExists, run as nameInLines, podLine, waiting } from '../helpers/watch-lines.ts';

interface Items {
  items: { kind: string; metadata: { name: string } }[];
}

/** @param answer what differs; undefined for the usual answer of a healthy cluster */
async function smoke(
  answer: (what: string, command: Command) => Performance | undefined,
  { options = {}, abortAt }: { options?: SmokeOptions; abortAt?: SmokeStep['code'] } = {},
): Promise<{ result: SmokeResult; host: FakeHost; steps: string[]; deleted: string[] }> {
  let name = '';
  const usual = (what: string, { input = '{"items":[]}' }: Command): Performance => {
    const { items } = JSON.parse(input) as Items;
    const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
    if (what === 'review') return { writes: items.map(() => line({ status: { allowed: true } })) };
    if (what === 'create') {
      name ||= items.at(-1)?.metadata.name ?? '';
      return { writes: items.map((item) => line({ ...item, metadata: { ...item.metadata, uid: 'u' } })) };
    }
    if (what === 'pods') return { writes: [`${podLine().replaceAll(nameInLines, name)}\n`] };
    return { writes: [line({ items: [] })] };
  };
  const host = fakeHost({
    programs: ['/bin/kubectl'],
    env: { PATH: '/bin', KUBECONFIG: '/config' },
    run: (command) => {
      const what = kindOf(command);
      const { writes, ...rest } = answer(what, command) ?? usual(what, command);
      const named = writes?.map((each) =>
        typeof each === 'string' ? each.replaceAll(nameInLines, name) : each,
      );
      return { ...(named ? { writes: named } : {}), ...rest };
    },
  });
  const steps: string[] = [];
  const interrupt = new AbortController();
  const result = await runSmoke(host, options, advisory, interrupt.signal, ({ code }) => {
    steps.push(code);
    if (code === abortAt) interrupt.abort();
  });
  const deleted = host.ran.filter((command) => command.includes(' delete '));
  return { result, host, steps, deleted };
}

function kindOf({ args, input = '' }: Command): string {
  const all = args.join(' ');
  if (all.includes('/pods?')) return 'pods';
  if (all.includes('/events')) return 'events';
  if (args[0] === 'create') return input.includes('SelfSubjectAccessReview') ? 'review' : 'create';
  return args[0] === 'delete' ? 'delete' : 'get';
}

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
    ['pods', { writes: [] }, /^no result within (59|60) s; no pod has been seen$/],
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
