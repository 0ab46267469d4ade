import { describe, expect, it } from 'vitest';
import { distributionNames, distributionOf, distributions } from '../../src/distributions/index.ts';
import { findKubelets } from '../../src/facts/node/kubelet.ts';

describe('a kubelet among processes', () => {
  it.each<[commands: string[], distribution: string | null, role?: string | null, rootDirectory?: string]>([
    [['/usr/bin/kubelet --config=x'], 'kubernetes', 'node', '/var/lib/kubelet'],
    [['/usr/bin/kubelet --root-dir /data/kubelet'], 'kubernetes', 'node', '/data/kubelet'],
    [['/var/lib/k0s/bin/kubelet'], 'k0s', null, '/var/lib/k0s/kubelet'],
    [['/var/lib/k0s/bin/kubelet', '/nix/store/x/bin/k0s worker'], 'k0s', 'worker'],
    [['/var/lib/k0s/bin/kubelet', 'k0s api --config=x', '.k0s-wrapped controller --single'], 'k0s', 'single'],
    [['/var/lib/k0s/bin/kubelet', 'k0s --debug controller --single=true'], 'k0s', 'single'],
    [['/var/lib/k0s/bin/kubelet', 'k0s controller --enable-worker=true'], 'k0s', 'controller+worker'],
    [['/var/lib/k0s/bin/kubelet', 'k0s controller --enable-worker=false'], 'k0s', 'controller'],
    [['/x/bin/kubelet --root-dir=/x/k0s/kubelet', 'k0s token create --role worker'], 'k0s', null],
    [['/var/lib/rancher/rke2/data/v1/bin/kubelet', 'rke2 agent'], 'rke2', 'agent', '/var/lib/kubelet'],
    [['/var/lib/rancher/rke2/data/v1/bin/kubelet', 'rke2 certificate'], 'rke2', null],
    [['/usr/local/bin/k3s server'], 'k3s', 'server', '/var/lib/kubelet'],
    [['/nix/store/x/bin/.k3s-wrapped agent --token x'], 'k3s', 'agent'],
    [['k3s-agent'], 'k3s', 'agent'],
    [['/snap/microk8s/1/kubelite'], 'microk8s', 'control-plane', '/var/snap/microk8s/common/var/lib/kubelet'],
    [['/snap/microk8s/1/kubelite --start-control-plane=false'], 'microk8s', 'worker'],
    [['/usr/bin/snap run microk8s.daemon-kubelite'], null],
    [['/usr/local/bin/k3s server --disable-agent'], null],
    [['/usr/local/bin/k3s kubectl get pods'], null],
    [['vim /etc/kubelet'], null],
    [['kubelet-exporter'], null],
    [['grep kubelet'], null],
    [[''], null],
  ])('%j', (commands, distribution, role, rootDirectory) => {
    const processes = commands.map((command, index) => ({ pid: index + 1, argv: command.split(' ') }));
    const [kubelet, ...others] = findKubelets(processes);
    expect(others).toEqual([]);
    expect(kubelet?.distribution ?? null).toBe(distribution);
    if (role !== undefined) expect(kubelet).toMatchObject({ pid: 1, role });
    if (rootDirectory !== undefined) expect(kubelet).toMatchObject({ rootDirectory });
  });
});

describe('a unit', () => {
  it.each([
    ['k0sworker', '/nix/store/x/bin/k0s worker', 'k0s'],
    ['anything', '/usr/local/bin/k0s controller', 'k0s'],
    ['k0scontroller', '/bin/sh /start', 'k0s'],
    ['k3s-agent', '/usr/local/bin/k3s agent', 'k3s'],
    ['rke2-server', '', 'rke2'],
    ['snap.microk8s.daemon-kubelite', '/usr/bin/snap run microk8s.daemon-kubelite', 'microk8s'],
    ['kubelet', '/usr/bin/kubelet', 'kubernetes'],
    ['nginx', '/usr/sbin/nginx', null],
  ])('%s that starts "%s" is of %s', (name, command, distribution) => {
    expect(distributionOf({ name, exec: command.split(' ') })).toBe(distribution);
  });

  it.each(distributionNames)('of each role of %s has a name that is known', (name) => {
    const { roles, unitOf, units } = distributions[name];
    for (const role of roles) {
      for (const nixos of [true, false]) expect(units).toContain(unitOf(role, nixos));
    }
  });
});

it('asks the distribution that takes any kubelet last', () => {
  const takesAny = distributionNames.filter((name) =>
    distributions[name].kubelet({ argv: ['/any/bin/kubelet'] }, []),
  );
  expect(takesAny).toEqual(distributionNames.slice(-1));
});

describe('k0s', () => {
  it.each<[env: Record<string, string>, argv: string[], passedOn: object]>([
    [{ PATH: '/a' }, ['k0s', 'worker'], { env: { PATH: '/var/lib/k0s/bin:/a' }, componentPath: undefined }],
    [
      { PATH: '/a', KUBELET_PATH: '/b', KUBELET_X: '1', X: '2' },
      ['k0s', 'worker', '--data-dir=/k'],
      { env: { PATH: '/k/bin:/b', X: '1' }, ownDirectory: '/k/bin', componentPath: '/b' },
    ],
  ])('passes on to kubelet %j with %j', (env, argv, passedOn) => {
    const result = distributions.k0s.passesOn?.(env, argv);
    expect(result).toMatchObject(passedOn);
    expect(Object.keys(result?.env ?? {}).filter((name) => name.startsWith('KUBELET_'))).toEqual([]);
  });
});
