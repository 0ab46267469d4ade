/** Which pause image the pod is made of: the one that the node has, whatever it is called. */
import { describe, expect, test } from 'vitest';
import { type NodeView, nodeView } from '../../src/cluster/views.ts';
import { chooseImage, pauseImagesOn, sandboxImage } from '../../src/smoke/image.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';
import { proc } from '../helpers/running.ts';

const sha = 'a'.repeat(64);
/** As kubelet lists it: its digest before its tags. */
const image = (name: string, ...tags: string[]): string[] => [
  `${name}@sha256:${sha}`,
  ...tags.map((tag) => `${name}:${tag}`),
];
const node = (...images: string[][]): NodeView =>
  nodeView({ metadata: { name: 'one' }, status: { images: images.map((names) => ({ names })) } }) as NodeView;

describe('on the nodes', () => {
  test.each<[title: string, nodes: NodeView[], best: string | undefined]>([
    ['no node', [], undefined],
    [
      'none',
      [node(image('a/b', '1'), image('x/unpause', '1'), image('x/pause/other', '1'), ['pausecheck:1'])],
      undefined,
    ],
    ["k0s to 1.32's", [node(image('registry.k8s.io/pause', '3.9'))], 'registry.k8s.io/pause:3.9'],
    [
      "k0s from 1.33's",
      [node(image('quay.io/k0sproject/pause', '3.10.1'))],
      'quay.io/k0sproject/pause:3.10.1',
    ],
    [
      "k0s 1.36's",
      [node(image('quay.io/k0sproject/pause', '3.10.2-0'))],
      'quay.io/k0sproject/pause:3.10.2-0',
    ],
    [
      "k3s's",
      [node(image('docker.io/rancher/mirrored-pause', '3.6'))],
      'docker.io/rancher/mirrored-pause:3.6',
    ],
    [
      'one of EKS',
      [node(image('602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause', '3.10'))],
      '602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.10',
    ],
    [
      'one with its architecture',
      [node(image('k8s.gcr.io/pause-amd64', '3.1'))],
      'k8s.gcr.io/pause-amd64:3.1',
    ],
    [
      'a registry with a port',
      [node(image('mirror.example:5000/k8s/pause', '3.9'))],
      'mirror.example:5000/k8s/pause:3.9',
    ],
    ['one without a registry', [node(['pause:3.9'])], 'pause:3.9'],
    [
      'one that was imported without a tag',
      [node(image('mirror.example/pause'))],
      `mirror.example/pause@sha256:${sha}`,
    ],
    ['a tag rather than a digest', [node(image('b/pause', 'latest'), image('a/pause'))], 'b/pause:latest'],
    [
      'the newest',
      [node(image('a/pause', '3.9'), image('b/pause', '3.10'), image('c/pause', '3.2.1'))],
      'b/pause:3.10',
    ],
    [
      'the default rather than a newer one',
      [node(image('a/pause', '3.11'), image('registry.k8s.io/pause', '3.10'))],
      'registry.k8s.io/pause:3.10',
    ],
    [
      'one that not every node has',
      [node(image('a/pause', '3.9')), node(image('a/pause', '3.10'))],
      `a/pause@sha256:${sha}`,
    ],
    ['one that a node lacks', [node(image('a/pause', '3.9')), node()], undefined],
  ])('%s', (_title, nodes, best) => {
    expect(pauseImagesOn(nodes)[0]).toBe(best);
    // What is there is never pulled; what may not be can be.
    expect(chooseImage(nodes, null)).toEqual(
      best === undefined
        ? { image: 'registry.k8s.io/pause:3.10', pull: 'IfNotPresent' }
        : { image: best, pull: 'Never' },
    );
  });

  test('what the runtime is configured with counts only where none is listed', () => {
    expect(chooseImage([node()], 'mirror/pause:1')).toEqual({
      image: 'mirror/pause:1',
      pull: 'IfNotPresent',
    });
    expect(chooseImage([node(['a/pause:1'])], 'mirror/pause:1').image).toBe('a/pause:1');
  });
});

describe('in the configuration of the runtime', () => {
  const v2 = (name: string): string =>
    `version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "${name}"\n`;
  const v3 = (name: string): string =>
    `[plugins.'io.containerd.cri.v1.images'.pinned_images]\n  sandbox = '${name}'\n`;
  const usual = '/etc/containerd/config.toml';
  const kubelet = '/usr/bin/kubelet --container-runtime-endpoint=unix:///run/k0s/containerd.sock';
  const withKubelet = (line: string, { files, processes }: Machine): Machine => {
    const machine = proc([{ pid: 9, line }]);
    return {
      ...machine,
      files: { ...machine.files, ...files },
      processes: { ...machine.processes, ...processes },
    };
  };

  test.each<[title: string, machine: Machine, image: string | null]>([
    ['nothing runs', { files: { [usual]: v2('a/pause:1') } }, null],
    ['version 2', { files: { [usual]: v2('a/pause:1') }, processes: { 7: ['containerd'] } }, 'a/pause:1'],
    [
      'version 3',
      { files: { [usual]: v3('a/pause:1') }, processes: { 7: ['/bin/containerd'] } },
      'a/pause:1',
    ],
    [
      'a file of its own',
      { files: { '/c': v2('a/pause:1') }, processes: { 7: ['containerd', '-c', '/c', '-a', '/s'] } },
      'a/pause:1',
    ],
    [
      'what it imports, as k0s has it',
      {
        files: {
          '/etc/k0s/containerd.toml': `# k0s_managed=true\nversion = 2\nimports = [\n\t"/run/k0s/containerd-cri.toml",\n]\n`,
          '/run/k0s/containerd-cri.toml': v2('quay.io/k0sproject/pause:3.10.1'),
        },
        processes: { 7: ['/var/lib/k0s/bin/containerd', '--config=/etc/k0s/containerd.toml'] },
      },
      'quay.io/k0sproject/pause:3.10.1',
    ],
    [
      'a pattern beside it',
      {
        files: {
          [usual]: `imports = ["conf.d/*.toml"]\n${v2('a/pause:1')}`,
          '/etc/containerd/conf.d/x.toml': v2('b/pause:2'),
          '/etc/containerd/conf.d/x.txt': v2('c/pause:3'),
        },
        processes: { 7: ['containerd'] },
      },
      'b/pause:2',
    ],
    [
      "kubelet's of two runtimes",
      withKubelet(kubelet, {
        files: { '/c': v2('a/pause:1'), [usual]: v2('b/pause:1') },
        processes: {
          7: ['containerd'],
          8: ['containerd', '--config=/c', '--address=/run/k0s/containerd.sock'],
        },
      }),
      'a/pause:1',
    ],
    [
      'two runtimes, neither of them known as its',
      {
        files: { '/c': v2('a/pause:1'), [usual]: v2('b/pause:1') },
        processes: { 7: ['containerd'], 8: ['containerd', '-c', '/c'] },
      },
      null,
    ],
    ['kubelet says', withKubelet(`${kubelet} --pod-infra-container-image=a/pause:9`, {}), 'a/pause:9'],
  ])('%s', async (_title, machine, expected) => {
    expect(await sandboxImage(fakeHost(machine))).toBe(expected);
  });
});
