import { describe, expect, it } from 'vitest';
import { filesMatching } from '../../../src/facts/node/glob.ts';
import { readUnit } from '../../../src/facts/node/unit.ts';
import { enabledUnits } from '../../../src/facts/node/unit-files.ts';
import { fakeHost, type Machine } from '../../helpers/fake-host.ts';

const etc = '/etc/systemd/system';
const lib = '/usr/lib/systemd/system';
const service = (...lines: string[]): string => `[Service]\nExecStart=/bin/x\n${lines.join('\n')}\n`;
const add = (...lines: string[]): string => `[Service]\n${lines.join('\n')}\n`;

describe('the files of a unit', () => {
  it.each<[what: string, asked: string, machine: Machine, found: object | null]>([
    [
      'of the first place',
      'a',
      {
        files: {
          [`${lib}/a.service`]: service('Environment=A=1'),
          [`${etc}/a.service`]: service('Environment=A=2'),
        },
      },
      { env: { A: '2' }, files: [`${etc}/a.service`] },
    ],
    ['none', 'a', { files: { [`${etc}/a.service.d/x.conf`]: service() } }, null],
    [
      'masked',
      'a',
      { links: { [`${etc}/a.service`]: '/dev/null' }, files: { [`${lib}/a.service`]: service() } },
      null,
    ],
    [
      'masked by an empty file',
      'a',
      { files: { [`${etc}/a.service`]: '', [`${lib}/a.service`]: service() } },
      null,
    ],
    [
      'masked until the next boot',
      'a',
      {
        links: { '/run/systemd/system/a.service': '../../../dev/null' },
        files: { [`${lib}/a.service`]: service() },
      },
      null,
    ],
    [
      'by an alias',
      'b',
      {
        links: { [`${etc}/b.service`]: 'a.service' },
        files: {
          [`${etc}/a.service`]: service(),
          [`${etc}/b.service.d/x.conf`]: add('Environment=B=1'),
          [`${etc}/a.service.d/y.conf`]: add('Environment=A=1'),
        },
      },
      { name: 'a', env: { A: '1', B: '1' } },
    ],
    [
      'in a store',
      'a',
      {
        links: { [`${etc}/a.service`]: '/nix/store/x-unit-a.service/a.service' },
        files: { '/nix/store/x-unit-a.service/a.service': service() },
      },
      { name: 'a', files: [`${etc}/a.service`] },
    ],
    [
      'of an instance',
      'a@b',
      {
        files: {
          [`${etc}/a@.service`]: service('Environment=I=%i'),
          [`${etc}/a@.service.d/x.conf`]: add('Environment=T=1'),
          [`${etc}/a@b.service.d/y.conf`]: add('Environment=O=%p'),
        },
      },
      { name: 'a@b', env: { I: 'b', T: '1', O: 'a' } },
    ],
    [
      'of an instance with a file of its own',
      'a@b',
      {
        files: {
          [`${etc}/a@.service`]: service('Environment=A=1'),
          [`${lib}/a@b.service`]: service('Environment=A=2'),
        },
      },
      { env: { A: '2' } },
    ],
    [
      'with drop-ins in order of their names',
      'a',
      {
        files: {
          [`${lib}/a.service`]: service('Environment=A=1'),
          [`${etc}/a.service.d/10.conf`]: add('Environment=A=2'),
          [`${lib}/a.service.d/20.conf`]: add('Environment=A=3'),
          [`${etc}/a.service.d/30.txt`]: add('Environment=A=4'),
        },
      },
      { env: { A: '3' } },
    ],
    [
      'with a drop-in that hides another',
      'a',
      {
        files: {
          [`${lib}/a.service`]: service(),
          [`${lib}/a.service.d/x.conf`]: add('Environment=A=1'),
          [`${etc}/a.service.d/x.conf`]: add('Environment=B=1'),
        },
      },
      { env: { B: '1' } },
    ],
    [
      'with a masked drop-in',
      'a',
      {
        links: { [`${etc}/a.service.d/x.conf`]: '/dev/null' },
        files: { [`${lib}/a.service`]: service(), [`${lib}/a.service.d/x.conf`]: add('Environment=A=1') },
      },
      { env: {} },
    ],
    [
      'with drop-ins of the beginnings of its name, and of all services',
      'a-b-c',
      {
        files: {
          [`${lib}/a-b-c.service`]: service(),
          [`${etc}/a-.service.d/1.conf`]: add('Environment=A=1'),
          [`${etc}/a-b-.service.d/2.conf`]: add('Environment=A=2 B=2'),
          [`${etc}/service.d/3.conf`]: add('Environment=C=3'),
        },
      },
      { env: { A: '2', B: '2', C: '3' } },
    ],
    [
      'in a drop-in of systemctl set-property',
      'a',
      {
        files: {
          [`${lib}/a.service`]: service(),
          '/etc/systemd/system.control/a.service.d/x.conf': add('Environment=A=1'),
        },
      },
      { env: { A: '1' } },
    ],
  ])('%s', async (_, asked, machine, found) => {
    const unit = await readUnit(fakeHost(machine), asked);
    if (found === null) expect(unit).toBeNull();
    else expect(unit).toMatchObject(found);
  });
});

describe('what a unit gives', () => {
  const files = {
    '/etc/default/a': 'A=file\n',
    '/e/1.conf': 'A=one\nB=1',
    '/e/2.conf': 'A=two',
    '/e/.3.conf': 'A=3',
  };
  it.each<[lines: string[], env: Record<string, string>, cannotRead?: string]>([
    [['EnvironmentFile=/etc/default/%N', 'Environment=A=unit'], { A: 'file' }],
    [['EnvironmentFile=/e/*.conf'], { A: 'two', B: '1' }],
    [['EnvironmentFile=/e/[!1].conf'], { A: 'two' }],
    [['EnvironmentFile=/?/1.conf'], { A: 'one', B: '1' }],
    [['EnvironmentFile=-/nowhere', 'Environment=A=unit'], { A: 'unit' }],
    [['EnvironmentFile=/nowhere'], {}, '/nowhere (cannot be read)'],
    [['EnvironmentFile=/e/x*'], {}, '/e/x* (cannot be read)'],
    [['EnvironmentFile=/etc/default/a', 'EnvironmentFile=', 'Environment=A=unit'], { A: 'unit' }],
    [['UnsetEnvironment=A', 'Environment=A=1 B=2', 'EnvironmentFile=/etc/default/a'], { B: '2' }],
    [['Environment="A=x y" "B=%%" C=\\x41'], { A: 'x y', B: '%', C: 'A' }],
  ])('%j', async (lines, env, cannotRead) => {
    const host = fakeHost({ files: { ...files, [`${etc}/a.service`]: service(...lines) } });
    const unit = await readUnit(host, 'a');
    expect(unit?.env).toEqual(env);
    expect(unit?.files).toEqual([`${etc}/a.service`, ...(cannotRead ? [cannotRead] : [])]);
  });

  it.each<[command: string, exec: string[]]>([
    ['/bin/k0s controller $ARGS', ['/bin/k0s', 'controller', '--single', '--data-dir=/d']],
    [':/bin/k0s controller $ARGS', ['/bin/k0s', 'controller', '$ARGS']],
    ['@/bin/k0s k0s-name controller', ['/bin/k0s', 'controller']],
    ['-+!!/bin/k0s controller', ['/bin/k0s', 'controller']],
    ['/bin/k0s %p "%i" --x=${ARGS}', ['/bin/k0s', 'a', '', '--x=--single --data-dir=/d']],
  ])('starts "%s"', async (command, exec) => {
    const text = `[Service]\nEnvironmentFile=/env\nExecStart=${command}\n`;
    const host = fakeHost({ files: { '/env': 'ARGS="--single --data-dir=/d"', [`${etc}/a.service`]: text } });
    expect((await readUnit(host, 'a'))?.exec).toEqual(exec);
  });
});

describe('specifiers', () => {
  const machine: Machine = {
    files: {
      '/etc/machine-id': 'aaaa\n',
      '/proc/sys/kernel/random/boot_id': 'b-b\n',
      '/proc/sys/kernel/osrelease': '6.18\n',
      '/etc/os-release': 'ID=nixos\nVERSION_ID="25.05"\n',
    },
  };
  it.each<[text: string, value: string]>([
    ['%n', 'k0s-x\\x2dy@in-st\\x2da.service'],
    ['%N', 'k0s-x\\x2dy@in-st\\x2da'],
    ['%p|%P', 'k0s-x\\x2dy|k0s/x-y'],
    ['%i|%I', 'in-st\\x2da|in/st-a'],
    ['%j|%J', 'x\\x2dy|x-y'],
    ['%f', '/in/st-a'],
    ['%y|%Y', `${etc}/k0s-x\\x2dy@.service|${etc}`],
    ['%t%S%C%L%E%T%V', '/run/var/lib/var/cache/var/log/etc/tmp/var/tmp'],
    ['%h%u%U%g%G', '/rootroot0root0'],
    ['%H|%l', 'fake|fake'],
    ['%m|%b|%v', 'aaaa|bb|6.18'],
    ['%o|%w|%B', 'nixos|25.05|'],
    ['%%i|100%%', '%i|100%'],
    ['%Z|%', '%Z|%'],
  ])('"%s" is "%s"', async (text, value) => {
    const file = `${etc}/k0s-x\\x2dy@.service`;
    const escaped = text.replaceAll('\\', '\\\\');
    const host = fakeHost({ files: { ...machine.files, [file]: service(`Environment="A=${escaped}"`) } });
    expect((await readUnit(host, 'k0s-x\\x2dy@in-st\\x2da'))?.env).toEqual({ A: value });
  });
});

describe('what every service gets', () => {
  it.each<[files: Record<string, string>, lines: string[], inherited: Record<string, string>]>([
    [{}, [], {}],
    [{ '/etc/systemd/system.conf': '[Manager]\nDefaultEnvironment=A=1 "B=x y"\n' }, [], { A: '1', B: 'x y' }],
    [
      {
        '/usr/lib/systemd/system.conf': '[Manager]\nDefaultEnvironment=A=1\n',
        '/etc/systemd/system.conf': '[Manager]\nDefaultEnvironment=B=1\n',
        '/run/systemd/system.conf.d/x.conf':
          '[Manager]\nDefaultEnvironment=C=1\n[Other]\nDefaultEnvironment=D=1\n',
      },
      ['UnsetEnvironment=C'],
      { B: '1' },
    ],
    [
      {
        '/etc/systemd/system.conf': '[Manager]\nDefaultEnvironment=A=1\n',
        '/etc/systemd/system.conf.d/x.conf': '[Manager]\nDefaultEnvironment=\nDefaultEnvironment=B=1\n',
      },
      [],
      { B: '1' },
    ],
  ])('%j', async (files, lines, inherited) => {
    const host = fakeHost({ files: { ...files, [`${etc}/a.service`]: service(...lines) } });
    expect((await readUnit(host, 'a'))?.inherited).toEqual(inherited);
  });
});

it('knows what is started at boot', async () => {
  const host = fakeHost({
    links: {
      [`${etc}/multi-user.target.wants/a.service`]: '../a.service',
      [`${lib}/x.target.requires/b@c.service`]: '../b@.service',
      [`${etc}/other/d.service`]: 'x',
    },
  });
  expect([...(await enabledUnits(host))].sort()).toEqual(['a', 'b@c']);
});

it.each<[pattern: string, files: string[]]>([
  ['/d/*', ['/d/a.b', '/d/ab']],
  ['/d/a?', ['/d/ab']],
  ['/d/a.*', ['/d/a.b']],
  ['/d/.*', ['/d/.c']],
  ['/d/[ab]*', ['/d/a.b', '/d/ab']],
  ['/d/[^a]*', []],
  ['/*/ab', ['/d/ab']],
  ['/d/x', ['/d/x']],
  ['/nowhere/*', []],
])('%s matches %j', async (pattern, files) => {
  const host = fakeHost({ files: { '/d/ab': '', '/d/a.b': '', '/d/.c': '' } });
  expect(await filesMatching(host, pattern)).toEqual(files);
});
