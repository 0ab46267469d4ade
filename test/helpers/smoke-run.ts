/** A whole smoke run against a kubectl that answers as it is told; the real one is in test/cluster. */
import { advisory } from '../../src/advisory/index.ts';
import type { Command } from '../../src/host/command.ts';
import type { Host } from '../../src/host/host.ts';
import type { SmokeResult, SmokeStep } from '../../src/smoke/result.ts';
import { runSmoke } from '../../src/smoke/run.ts';
import type { SmokeOptions } from '../../src/smoke/target.ts';
import { type FakeHost, fakeHost, type Performance } from './fake-host.ts';
import { run as nameInLines, podLine } from './watch-lines.ts';

interface Items {
  items: { kind: string; metadata: { name: string } }[];
}

/** @param answer what differs; undefined for the usual answer of a healthy cluster */
export async function smoke(
  answer: (what: string, command: Command) => Performance | 'echo' | undefined,
  {
    options = {},
    abortAt,
    through = (host) => host,
  }: {
    options?: SmokeOptions;
    abortAt?: SmokeStep['code'];
    /** what the run gets instead of the machine */
    through?: (host: Host) => Host;
  } = {},
): Promise<{ result: SmokeResult; host: FakeHost; steps: string[]; texts: string[]; deleted: string[] }> {
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
      const told = answer(what, command);
      const { writes, ...rest } = told === 'echo' ? usual('create', command) : (told ?? usual(what, command));
      const named = writes?.map((each) =>
        typeof each === 'string' ? each.replaceAll(nameInLines, name) : each,
      );
      return { ...(named ? { writes: named } : {}), ...rest };
    },
  });
  const steps: string[] = [];
  const texts: string[] = [];
  const interrupt = new AbortController();
  const { result } = await runSmoke(
    through(host),
    { node: 'one', ...options },
    advisory,
    interrupt.signal,
    ({ code, text }) => {
      steps.push(code);
      texts.push(text);
      if (code === abortAt) interrupt.abort();
    },
  );
  const deleted = host.ran.filter((command) => command.includes(' delete '));
  return { result, host, steps, texts, deleted };
}

function kindOf({ args, input = '' }: Command): string {
  const all = args.join(' ');
  if (all.includes('/pods?')) return 'pods';
  if (all.includes('/events')) return 'events';
  if (args[0] === 'create') return input.includes('SelfSubjectAccessReview') ? 'review' : 'create';
  return args[0] === 'delete' ? 'delete' : 'get';
}
