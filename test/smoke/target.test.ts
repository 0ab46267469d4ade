import { describe, expect, test } from 'vitest';
import { type ClusterOptions, findKubectl } from '../../src/cluster/kubectl.ts';
import type { NodeView } from '../../src/cluster/views.ts';
import { denied, needsOf, reviews } from '../../src/smoke/access.ts';
import { isObjectName } from '../../src/smoke/run.ts';
import { chooseImage } from '../../src/smoke/survey.ts';
import { smokeCommands } from '../../src/smoke/target.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';

/** A machine that has these programs and files, and nothing else. */
const machine = ({ env, files = {}, ...rest }: Machine) =>
  fakeHost({ cwd: '/work', env: { PATH: '/bin', HOME: '/root', ...env }, files, ...rest });

const k0sConfig = '/var/lib/k0s/pki/admin.conf';
const rke2Config = '/etc/rancher/rke2/rke2.yaml';
const finds: [string, Machine, ClusterOptions, string[] | RegExp][] = [
  [
    '--kubeconfig, from here',
    { programs: ['/bin/kubectl'], env: { KUBECONFIG: '/x' } },
    { kubeconfig: 'a' },
    ['/bin/kubectl', '--kubeconfig', '/work/a'],
  ],
  [
    '--context',
    { programs: ['/bin/kubectl'], env: { KUBECONFIG: '/x' } },
    { context: 'c' },
    ['/bin/kubectl', '--context', 'c'],
  ],
  [
    'KUBECONFIG',
    { programs: ['/bin/kubectl'], files: { [k0sConfig]: '' }, env: { KUBECONFIG: '/x' } },
    {},
    ['/bin/kubectl'],
  ],
  [
    'the file in the home directory',
    { programs: ['/bin/kubectl', '/bin/k0s'], files: { '/root/.kube/config': '', [k0sConfig]: '' } },
    {},
    ['/bin/kubectl'],
  ],
  [
    "k0s's own file",
    { programs: ['/bin/kubectl'], files: { [k0sConfig]: '' } },
    {},
    ['/bin/kubectl', '--kubeconfig', k0sConfig],
  ],
  [
    "rke2's, which has no kubectl of its own",
    { programs: ['/bin/kubectl', '/bin/k3s'], files: { [rke2Config]: '' } },
    {},
    ['/bin/kubectl', '--kubeconfig', rke2Config],
  ],
  [
    'the service account of a pod',
    { programs: ['/bin/kubectl', '/bin/k0s'], env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } },
    {},
    ['/bin/kubectl'],
  ],
  ['k0s', { programs: ['/bin/k0s'] }, {}, ['/bin/k0s', 'kubectl']],
  ['k0s where kubectl has nothing', { programs: ['/bin/kubectl', '/bin/k0s'] }, {}, ['/bin/k0s', 'kubectl']],
  ['k3s', { programs: ['/bin/k3s'] }, { context: 'c' }, ['/bin/k3s', 'kubectl', '--context', 'c']],
  [
    'k3s with a file',
    { programs: ['/bin/k3s'] },
    { kubeconfig: '/f' },
    ['/bin/k3s', 'kubectl', '--kubeconfig', '/f'],
  ],
  ['no program', { programs: [] }, {}, /none of kubectl, k0s, k3s.* is in PATH/],
  ['no configuration', { programs: ['/bin/kubectl'] }, {}, /has no kubeconfig.*\/root\/\.kube\/config/],
];

test.each(finds)('kubectl by %s', async (_title, given, options, expected) => {
  const found = await findKubectl(machine(given), options);
  if (expected instanceof RegExp)
    expect(found).toEqual({
      known: false,
      reason: { code: 'not-found', text: expect.stringMatching(expected) },
    });
  else expect(found).toMatchObject({ known: true, value: { file: expected[0], args: expected.slice(1) } });
});

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

const node = (...images: string[]): NodeView => ({ name: 'n', notReady: null, linux: true, images });
const mirrored = 'docker.io/rancher/mirrored-pause:3.6';
test.each([
  ['no node', [], 'registry.k8s.io/pause:3.10'],
  ['none on the node', [node('a/b:1', 'x/unpause:1', 'x/pause:latest')], 'registry.k8s.io/pause:3.10'],
  ['a mirror of it', [node(mirrored)], mirrored],
  [
    'the default beside a mirror',
    [node(mirrored, 'registry.k8s.io/pause:3.10')],
    'registry.k8s.io/pause:3.10',
  ],
  ['one that not every node has', [node(mirrored), node()], 'registry.k8s.io/pause:3.10'],
])('image with %s', (_title, nodes, image) => {
  expect(chooseImage(nodes)).toBe(image);
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
    ['--kubeconfig', '/f', 'delete', 'pods'],
    ['--kubeconfig', '/f', 'delete', 'namespace'],
  ]);
  expect(commands.every(({ mutates }) => mutates)).toBe(true);
  const kinds = commands.flatMap(({ input }) =>
    input ? (JSON.parse(input) as { items: { kind: string }[] }).items.map(({ kind }) => kind) : [],
  );
  expect(kinds).toEqual(['Namespace', 'Job', 'ConfigMap', 'Secret', 'DaemonSet']);
});
