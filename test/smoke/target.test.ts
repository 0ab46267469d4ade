import { describe, expect, test } from 'vitest';
import { itemsOf, textAt } from '../../src/cluster/views.ts';
import { denied, needsOf, reviews } from '../../src/smoke/access.ts';
import { isObjectName } from '../../src/smoke/prepare.ts';
import { smokeCommands } from '../../src/smoke/target.ts';

describe('rights', () => {
  const needs = needsOf(true, false);
  const answer = (allowed: boolean) => ({ status: { allowed } });

  test('one question for each, in one document', () => {
    const { items } = reviews(needs, 'x') as unknown as { items: { spec: { resourceAttributes: object } }[] };
    expect(items).toHaveLength(needs.length);
    expect(items[0]?.spec.resourceAttributes).toEqual({ verb: 'create', resource: 'namespaces', group: '' });
    expect(items.at(-1)?.spec.resourceAttributes).toMatchObject({ resource: 'events', namespace: 'x' });
  });

  test('none lacks, one lacks, no answer', () => {
    const all = needs.map(() => answer(true));
    expect(denied(needs, all)).toEqual([]);
    expect(denied(needs, [answer(false), ...all.slice(1)])).toEqual(['create namespaces']);
    expect(denied(needs, all.slice(0, -1))).toEqual(['watch events']);
    expect(denied(needs, []).join()).toContain('create, get, list, watch, delete pods');
  });
});

test.each(['a', 'a-b', 'node.example.org', 'a'.repeat(253)])('%s is a name', (name) => {
  expect(isObjectName(name)).toBe(true);
});
test.each(['', '-a', 'a-', 'A', 'a/b', 'a b', '$(x)', '--all', 'a\n', '.', 'a'.repeat(254)])(
  '%j is not a name',
  (name) => {
    expect(isObjectName(name)).toBe(false);
  },
);

test('the commands say what would be created and removed', () => {
  const commands = smokeCommands({ kubeconfig: '/f', allNodes: true, image: 'mirror/pause:1' });
  expect(commands.map(({ args }) => args.slice(0, 4))).toEqual([
    ['--kubeconfig', '/f', 'create', '-f'],
    ['--kubeconfig', '/f', 'create', '-f'],
    ['--kubeconfig', '/f', 'replace', '-f'],
    ['--kubeconfig', '/f', 'create', '-f'],
    ['--kubeconfig', '/f', 'delete', 'daemonsets.apps'],
    ['--kubeconfig', '/f', 'delete', 'pods'],
    ['--kubeconfig', '/f', 'delete', 'namespace'],
  ]);
  expect(commands.every(({ mutates }) => mutates)).toBe(true);
  const kinds = commands.flatMap(({ input }) =>
    input ? itemsOf(JSON.parse(input)).map((each) => textAt(each, 'kind')) : [],
  );
  expect(kinds).toEqual(['Namespace', 'Job', 'ConfigMap', 'Secret', 'DaemonSet', 'DaemonSet', 'ConfigMap']);
});
