/** Which kubectl and which kubeconfig are taken. */
import { expect, test } from 'vitest';
import { type ClusterOptions, findKubectl } from '../../src/cluster/kubectl.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';

/** A machine that has these programs and files, and nothing else. */
const machine = ({ env, files = {}, ...rest }: Machine) =>
  fakeHost({ cwd: '/work', env: { PATH: '/bin', HOME: '/root', ...env }, files, ...rest });

const store = '/nix/store/k0s/bin';
const unitOf = (name: string, exec: string): Record<string, string> => ({
  [`/etc/systemd/system/${name}.service`]: `[Service]\nExecStart=${exec}\n`,
});
const k0sConfig = '/var/lib/k0s/pki/admin.conf';
const rke2Config = '/etc/rancher/rke2/rke2.yaml';
const finds: [title: string, given: Machine, options: ClusterOptions, found: string[] | RegExp][] = [
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
  [
    "that of the program that kubelet's unit starts, where none is in PATH",
    { files: { ...unitOf('k0scontroller', `${store}/k0s controller --single`), [k0sConfig]: '' } },
    {},
    [`${store}/k0s`, 'kubectl', '--kubeconfig', k0sConfig],
  ],
  [
    "that program's data directory",
    {
      programs: ['/bin/kubectl'],
      files: {
        ...unitOf('k0scontroller', '/usr/local/bin/k0s controller --data-dir /data/kube --single'),
        '/data/kube/pki/admin.conf': '',
      },
    },
    {},
    ['/bin/kubectl', '--kubeconfig', '/data/kube/pki/admin.conf'],
  ],
  [
    "that program's own way to a kubeconfig",
    { files: unitOf('k0s', `${store}/k0s controller --enable-worker=true`) },
    {},
    [`${store}/k0s`, 'kubectl'],
  ],
  [
    'k3s by its unit, and where it writes the kubeconfig',
    { files: { ...unitOf('k3s', `${store}/k3s server --write-kubeconfig /etc/k.yaml`), '/etc/k.yaml': '' } },
    {},
    [`${store}/k3s`, 'kubectl', '--kubeconfig', '/etc/k.yaml'],
  ],
  [
    'the plain one that rke2 installs',
    {
      programs: ['/var/lib/rancher/rke2/bin/kubectl'],
      files: { ...unitOf('rke2-server', `${store}/rke2 server`), [rke2Config]: '' },
    },
    {},
    ['/var/lib/rancher/rke2/bin/kubectl', '--kubeconfig', rke2Config],
  ],
  [
    "a worker's with a kubeconfig of the user",
    { files: { ...unitOf('k0sworker', `${store}/k0s worker`), '/root/.kube/config': '' } },
    {},
    [`${store}/k0s`, 'kubectl'],
  ],
  [
    'a worker of k0s',
    {
      files: unitOf('k0sworker', `${store}/k0s worker --token-file=/t`),
      programs: ['/bin/kubectl', '/bin/k0s'],
    },
    {},
    /^this node is a k0s worker, which has no administrator's kubeconfig/,
  ],
  [
    'an agent of k3s',
    { files: unitOf('k3s', `${store}/k3s agent`) },
    {},
    /^this node is a k3s agent, which has no administrator's kubeconfig/,
  ],
  [
    'an agent of rke2',
    { files: unitOf('rke2-agent', `${store}/rke2 agent`), programs: ['/bin/kubectl'] },
    {},
    /^this node is a rke2 agent/,
  ],
  ['no program', { programs: [] }, {}, /^none of kubectl, k0s kubectl, k3s kubectl.* is in PATH/],
  ['no configuration', { programs: ['/bin/kubectl'] }, {}, /has no kubeconfig.*\/root\/\.kube\/config/],
];

test.each(finds)('kubectl by %s', async (_title, given, options, expected) => {
  const found = await findKubectl(machine(given), options);
  if (expected instanceof RegExp)
    expect(found).toEqual({
      known: false,
      reason: {
        code: expect.stringMatching(/^(no-kubeconfig|no-kubectl)$/),
        text: expect.stringMatching(expected),
      },
    });
  else expect(found).toMatchObject({ known: true, value: { file: expected[0], args: expected.slice(1) } });
});
