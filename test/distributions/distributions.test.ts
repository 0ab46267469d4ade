import { describe, expect, it } from 'vitest';
import { commandIn, hasFlag, optionIn } from '../../src/distributions/command-line.ts';
import { distributionNames, distributions } from '../../src/distributions/index.ts';

it.each(distributionNames)('a unit of each role of %s has a name that is known', (name) => {
  const { roles, unitOf, units } = distributions[name];
  for (const role of roles) {
    for (const nixos of [true, false]) expect(units).toContain(unitOf(role, nixos));
  }
});

it('asks the distribution that takes any kubelet last', () => {
  expect(distributionNames.at(-1)).toBe('kubernetes');
});

describe('a command line of a program in Go', () => {
  it.each<[line: string, flag: boolean]>([
    ['k0s controller --single', true],
    ...['true', '1', 't', 'T', 'TRUE', 'True'].map((value): [string, boolean] => [
      `k0s --single=${value}`,
      true,
    ]),
    ...['false', '0', 'f', 'F', 'FALSE', 'False', '', 'yes', 'tRUE'].map((value): [string, boolean] => [
      `k0s --single=${value}`,
      false,
    ]),
    ['k0s --single=false --single', true],
    ['k0s --single --single=false', false],
    ['k0s --singleton', false],
    ['k0s -- --single', false],
    ['k0s', false],
  ])('"%s" sets the flag: %s', (line, flag) => {
    expect(hasFlag(line.split(' '), '--single')).toBe(flag);
  });

  it.each<[line: string, value: string | null]>([
    ['k0s --data-dir /a', '/a'],
    ['k0s --data-dir=/a', '/a'],
    ['k0s --data-dir=/a --data-dir /b', '/b'],
    ['k0s --data-dir', null],
    ['k0s --data-dirs /a', null],
    ['k0s --data-dir=', ''],
    ['k0s -- --data-dir /a', null],
  ])('"%s" has the value %s', (line, value) => {
    expect(optionIn(line.split(' '), '--data-dir')).toBe(value);
  });

  it.each<[line: string, command: string | null]>([
    ['k0s controller', 'controller'],
    ['k0s --debug controller --single', 'controller'],
    ['k0s --data-dir /a worker', 'worker'],
    ['k0s --data-dir=/a worker', 'worker'],
    ['k0s', null],
    ['k0s --debug', null],
  ])('"%s" has the command %s', (line, command) => {
    expect(commandIn(line.split(' '), ['--data-dir'])).toBe(command);
  });
});

describe('a role', () => {
  it.each<[name: keyof typeof distributions, line: string, role: string | null]>([
    ['k0s', 'k0s worker', 'worker'],
    ['k0s', 'k0s controller', 'controller'],
    ['k0s', 'k0s controller --single=true', 'single'],
    ['k0s', 'k0s controller --single=false --enable-worker=t', 'controller+worker'],
    ['k0s', 'k0s --data-dir /data/kube controller --enable-worker=true', 'controller+worker'],
    ['k0s', 'k0s controller --enable-worker=false', 'controller'],
    ['k0s', 'k0s api', null],
    ['k0s', 'k0s kubectl proxy', null],
    ['k0s', 'k0s token create --role worker', null],
    ['k3s', 'k3s server', 'server'],
    ['k3s', '/x/k3s-agent', 'agent'],
    ['k3s', 'k3s --debug agent', 'agent'],
    ['k3s', 'k3s --data-dir /server agent', 'agent'],
    ['k3s', 'k3s kubectl get pods', null],
    ['rke2', 'rke2 --config /x server', 'server'],
    ['rke2', 'rke2 certificate', null],
    ['microk8s', 'kubelite --start-control-plane=false', 'worker'],
    ['microk8s', 'kubelite --start-control-plane=true', 'control-plane'],
    ['kubernetes', 'kubelet', 'node'],
  ])('of %s in "%s" is %s', (name, line, role) => {
    expect(distributions[name].roleIn(line.split(' '))).toBe(role);
  });
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
