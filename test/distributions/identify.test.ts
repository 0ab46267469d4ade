import { describe, expect, it } from 'vitest';
import type { Process } from '../../src/distributions/distribution.ts';
import { identify, isCandidate } from '../../src/distributions/identify.ts';

/** "PID PARENT COMMAND": with a program of its own after @, and a variable before the command. */
function process(text: string): Process {
  const [, pid, parent, variables = '', line = '', program] =
    /^(\d+) (\d+) ((?:\w+=\S+ )*)(.*?)(?: @ (.*))?$/.exec(text) ?? [];
  const env = Object.fromEntries(
    variables
      .split(' ')
      .filter(Boolean)
      .map((each) => each.split('=')),
  ) as Record<string, string>;
  const argv = line.split(' ');
  return {
    pid: Number(pid),
    parent: Number(parent),
    argv,
    program: program ?? argv[0] ?? '',
    started: 1,
    env,
  };
}

const kubelet = '/var/lib/k0s/bin/kubelet --root-dir=/var/lib/k0s/kubelet';
const elsewhere = '/data/kube/bin/kubelet --root-dir=/var/lib/kubelet';

describe('a kubelet', () => {
  it.each<[what: string, processes: string[], found: object]>([
    [
      'of k0s under a wrapper',
      ['1 0 /sbin/init', `9 1 /nix/k0s worker @ /nix/.k0s-wrapped`, `10 9 ${kubelet}`],
      { distribution: 'k0s', role: 'worker', supervisor: 9, rootDirectory: '/var/lib/k0s/kubelet' },
    ],
    [
      'of k0s beside a kubectl of a lower id',
      ['5 1 k0s kubectl proxy', '7 1 k0s controller', '9 1 k0s controller --single=true', `10 9 ${kubelet}`],
      { distribution: 'k0s', role: 'single', supervisor: 9 },
    ],
    [
      'of k0s that was started by k0s api, below the topmost',
      ['8 1 k0s controller --enable-worker=true', '9 8 k0s api', `10 9 ${kubelet}`],
      { distribution: 'k0s', role: 'controller+worker', supervisor: 8 },
    ],
    [
      'of k0s that k0s itself has started, of the topmost',
      ['8 1 k0s controller --single', '9 8 .k0s-wrapped controller --single', `10 9 ${kubelet}`],
      { distribution: 'k0s', role: 'single', supervisor: 8 },
    ],
    [
      'of k0s below a shell below k0s',
      ['7 1 k0s worker', '8 7 /bin/sh x', `10 8 ${kubelet}`],
      { distribution: 'k0s', role: 'worker', supervisor: 7 },
    ],
    [
      'of k0s with its data elsewhere',
      ['9 1 k0s controller --single', `10 9 _K0S_MANAGED=yes ${elsewhere}`],
      { distribution: 'k0s', role: 'single', supervisor: 9, rootDirectory: '/var/lib/kubelet' },
    ],
    [
      'of k0s under another name',
      ['9 1 /opt/kube-1.36 worker', `10 9 _K0S_MANAGED=yes ${elsewhere}`],
      { distribution: 'k0s', role: 'worker', supervisor: 9 },
    ],
    [
      'of k0s whose program was replaced',
      ['9 1 /x worker @ /opt/k0s (deleted)', `10 9 ${elsewhere}`],
      { distribution: 'k0s', role: 'worker', supervisor: 9 },
    ],
    [
      'of k0s that has ended',
      [`10 1 _K0S_MANAGED=yes ${elsewhere}`, '12 1 k0s worker'],
      { distribution: 'k0s', role: null, supervisor: 10 },
    ],
    [
      'of k0s whose mark cannot be read',
      ['9 1 k0s kubectl proxy', `10 1 ${kubelet}`],
      { distribution: 'k0s', role: null, supervisor: 10 },
    ],
    [
      'of a k0s whose command line says that it has none',
      ['9 1 k0s controller', `10 9 ${kubelet}`],
      { distribution: 'k0s', role: null, supervisor: 9 },
    ],
    [
      'of rke2, by its plain name',
      [
        '9 1 /nix/rke2 agent @ /nix/.rke2-wrapped',
        '10 9 kubelet @ /var/lib/rancher/rke2/data/v1/bin/kubelet',
      ],
      { distribution: 'rke2', role: 'agent', supervisor: 9, rootDirectory: '/var/lib/kubelet' },
    ],
    [
      'of rke2 that has ended',
      ['10 1 kubelet @ /var/lib/rancher/rke2/data/v1/bin/kubelet'],
      { distribution: 'rke2', role: null, supervisor: 10 },
    ],
    [
      'of its own unit, by its plain name',
      ['10 1 kubelet @ /usr/bin/kubelet'],
      { distribution: 'kubernetes' },
    ],
    [
      'of its own unit beside k0s',
      ['9 1 k0s worker', '10 1 /usr/bin/kubelet --root-dir /data/kubelet'],
      { distribution: 'kubernetes', role: 'node', supervisor: 10, rootDirectory: '/data/kubelet' },
    ],
    ['of its own unit, below a shell', ['9 1 /bin/sh', '10 9 /usr/bin/kubelet'], { supervisor: 10 }],
    ['inside of k3s', ['10 1 /nix/k3s server'], { distribution: 'k3s', role: 'server', supervisor: 10 }],
    ['inside of k3s, after options', ['10 1 k3s --debug agent'], { distribution: 'k3s', role: 'agent' }],
    ['inside of k3s, by its process title', ['10 1 k3s-agent'], { distribution: 'k3s', role: 'agent' }],
    ['inside of k3s that k3s waits for', ['9 1 k3s server', '10 9 k3s-server'], { distribution: 'k3s' }],
    [
      'inside of kubelite',
      ['10 1 /snap/microk8s/1/kubelite --start-control-plane=false'],
      {
        distribution: 'microk8s',
        role: 'worker',
        rootDirectory: '/var/snap/microk8s/common/var/lib/kubelet',
      },
    ],
    ['whose parents form a circle', ['9 10 k0s x', '10 9 /usr/bin/kubelet'], { distribution: 'kubernetes' }],
  ])('%s', (_, processes, { supervisor, ...found }: { supervisor?: number }) => {
    const { kubelets } = identify(processes.map(process));
    expect(kubelets).toMatchObject([{ pid: 10, ...found }]);
    if (supervisor !== undefined) expect(kubelets[0]?.lineage.at(-1)?.pid).toBe(supervisor);
    expect(kubelets[0]?.lineage[0].pid).toBe(10);
  });

  it.each([
    '10 1 /usr/bin/snap run microk8s.daemon-kubelite',
    '10 1 k3s server --disable-agent',
    '10 1 k3s server --disable-agent=1',
    '10 1 k3s kubectl get pods',
    '10 1 vim /etc/kubelet',
    '10 1 kubelet-exporter',
    '10 1 grep kubelet',
    '10 1 ',
  ])('is none: %s', (line) => {
    expect(identify([process(line)]).kubelets).toEqual([]);
  });

  it.each<[processes: string[], pids: number[]]>([
    [
      ['9 1 k0s worker', `10 9 ${kubelet}`, '11 1 /usr/bin/kubelet'],
      [10, 11],
    ],
    [
      ['9 1 k3s server', '10 1 k3s agent'],
      [9, 10],
    ],
  ])('can be one of several: %j', (processes, pids) => {
    expect(identify(processes.map(process)).kubelets.map(({ pid }) => pid)).toEqual(pids);
  });
});

describe('a supervisor without a kubelet', () => {
  it.each<[processes: string[], found: object[]]>([
    [['9 1 k0s worker', '11 9 k0s api'], [{ distribution: 'k0s', role: 'worker', process: { pid: 9 } }]],
    [['9 1 k0s controller'], [{ role: 'controller' }]],
    [['9 1 rke2 server', '10 9 k0s worker'], [{ distribution: 'rke2' }]],
    [['9 1 k0s kubectl proxy', '10 1 k0s api'], []],
    [['9 1 k0s worker', `10 9 ${kubelet}`], []],
    [['9 1 k3s server --disable-agent'], [{ distribution: 'k3s' }]],
    [['9 1 k3s server'], []],
  ])('%j', (processes, found) => {
    const { withoutKubelet } = identify(processes.map(process));
    expect(withoutKubelet).toMatchObject(found);
    expect(withoutKubelet).toHaveLength(found.length);
  });
});

it.each([
  ['/var/lib/k0s/bin/kubelet', true],
  ['kubelet', true],
  ['/nix/store/x/bin/.k0s-wrapped', true],
  ['/nix/store/x/bin/k3s', true],
  ['kubelite', true],
  ['kubelet2', false],
  ['/k0s/bash', false],
  ['', false],
])('"%s" is a candidate: %s', (program, candidate) => {
  expect(isCandidate(program)).toBe(candidate);
});
