import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { parseElf } from '../../src/facts/mount/elf.ts';
import { outcomeOf, type ProbeStep, parseSteps } from '../../src/facts/mount/probe.ts';
import { parseWrapper } from '../../src/facts/mount/wrapper.ts';
import { parseDerivation } from '../../src/facts/nixpkgs/derivation.ts';
import { findKubelets } from '../../src/facts/node/kubelet.ts';
import { parseEnviron } from '../../src/facts/node/process.ts';
import { parseUnit } from '../../src/facts/node/unit.ts';

const hash = 'a'.repeat(32);

describe('the lines of a probe', () => {
  const step = (
    name: ProbeStep['name'],
    exitCode: number,
    seen: ProbeStep['seen'],
    words = '',
  ): ProbeStep => ({
    name,
    exitCode,
    seen,
    words,
  });
  const scratch = step('scratch', 0, 'content');
  const control = step('control', 0, 'content');
  const file = step('file', 0, 'content');
  const directory = step('directory', 0, 'content');
  const refused = 'mount: /x: wrong fs type, bad option, bad superblock on /proc/1/fd/8, missing codepage';

  it('are told from what mount says by their mark', () => {
    const output =
      'mount: words\nM file 0 content\n\nMARK scratch 0 content\nmore\nwords\n\nMARK file 32 link\nMARK forged';
    expect(parseSteps(output, 'MARK')).toEqual([
      step('scratch', 0, 'content', 'mount: words\nM file 0 content'),
      step('file', 32, 'link', 'more\nwords'),
    ]);
  });

  it.each<[steps: ProbeStep[], state: string | RegExp, failed?: string[]]>([
    [[scratch, control, file, directory], 'fixed', []],
    [[scratch, control, step('file', 0, 'link'), directory], 'affected', ['file']],
    [[scratch, control, step('file', 32, 'link'), directory], 'affected', ['file']],
    [[scratch, control, file, step('directory', 32, 'nothing', refused)], 'affected', ['directory']],
    [
      [
        scratch,
        control,
        step('file', 32, 'nothing', 'move_mount() failed: No such file or directory'),
        directory,
      ],
      'affected',
      ['file'],
    ],
    [
      [scratch, control, file, step('directory', 0, 'nothing', refused)],
      /directory failed, but not as this defect/,
    ],
    [
      [scratch, control, step('file', 32, 'nothing', 'permission denied'), directory],
      /not as this defect.*permission denied/,
    ],
    [[scratch, control, file], /mount of a directory failed/],
    [[scratch, step('control', 32, 'nothing', refused), file, directory], /the control, failed too/],
    [[scratch, step('control', 0, 'nothing'), file, directory], /the control, failed too/],
    [[step('scratch', 1, 'nothing')], /a tmpfs failed too/],
    [[], /a tmpfs failed too/],
  ])('%j', (steps, state, failed) => {
    const outcome = outcomeOf(steps, { mount: '/bin/mount', forceMount2: null }, advisory);
    if (typeof state === 'string') expect(outcome).toMatchObject({ value: { state, failed } });
    else expect(outcome).toMatchObject({ known: false, reason: expect.stringMatching(state) });
  });
});

describe('a wrapper', () => {
  it.each<[what: string, text: string, expected: ReturnType<typeof parseWrapper>]>([
    [
      'of makeWrapper, as it was',
      `#! /nix/store/x/bin/bash -e\nexport PATH='/nix/store/u/bin'\${PATH:+':'}$PATH\nexec "/nix/store/k/bin/.k0s-wrapped"  "$@" \n`,
      { target: '/nix/store/k/bin/.k0s-wrapped', pathPrefix: ['/nix/store/u/bin'], env: {}, kind: 'shell' },
    ],
    [
      'that sets a variable',
      `#!/bin/sh\nexport LIBMOUNT_FORCE_MOUNT2='always'\nunset LD_LIBRARY_PATH\nexec -a "$0" "/bin/mount" "$@"\n`,
      {
        target: '/bin/mount',
        pathPrefix: [],
        env: { LIBMOUNT_FORCE_MOUNT2: 'always', LD_LIBRARY_PATH: null },
        kind: 'shell',
      },
    ],
    [
      'that sets PATH as a whole',
      '#!/bin/sh\nexport PATH="/a:/b"\nexec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: [], env: { PATH: '/a:/b' }, kind: 'shell' },
    ],
    [
      'with the assignment before exec',
      '#!/bin/sh\nPATH=/a:$PATH X=y exec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: ['/a'], env: { X: 'y' }, kind: 'shell' },
    ],
    [
      'that appends to PATH',
      '#!/bin/sh\nPATH=$PATH:/a\nexec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: [], env: {}, kind: 'shell' },
    ],
    ['that is any script', '#!/bin/sh\necho hello\n', null],
    ['whose program is a variable', '#!/bin/sh\nexec "$PROGRAM" "$@"\n', null],
    ['that is no script', 'hello', null],
    ['that is another program', '\u007fELF and nothing of a wrapper', null],
    [
      'of makeBinaryWrapper',
      `\u007fELF\0\0# The C-code\n\nmakeCWrapper '/nix/store/k/bin/.k0s-wrapped' \\\n    --inherit-argv0 \\\n    --set 'A' 'b c' \\\n    --unset 'D' \\\n    --prefix 'PATH' ':' '/u/bin' \\\n    --prefix 'PATH' ':' '/v/bin'\n\n\n# (Use it)\0`,
      {
        target: '/nix/store/k/bin/.k0s-wrapped',
        pathPrefix: ['/v/bin', '/u/bin'],
        env: { A: 'b c', D: null },
        kind: 'binary',
      },
    ],
  ])('%s', (_, text, expected) => {
    expect(parseWrapper(Buffer.from(text, 'latin1'))).toEqual(expected);
  });
});

describe('a unit', () => {
  const unit = (...texts: string[]) =>
    parseUnit(
      'kubelet',
      texts.map((text, index) => ({ file: `/${index}`, text })),
    );

  it.each<[what: string, texts: string[], env: Record<string, string>, exec: string[]]>([
    [
      'with quotes and escapes',
      [
        '[Service]\nEnvironment="A=b c" D=e\nEnvironment=\'F=g "h"\' I=j\\x\nExecStart=/bin/kubelet "a b" c%%d\n',
      ],
      { A: 'b c', D: 'e', F: 'g "h"', I: 'j\\x' },
      ['/bin/kubelet', 'a b', 'c%d'],
    ],
    [
      'with continued lines',
      ['[Service]\nExecStart=/bin/k3s \\\n# not this\n    agent \\\n\n'],
      {},
      ['/bin/k3s', 'agent'],
    ],
    [
      'with a drop-in that takes back',
      [
        '[Service]\nEnvironment=A=1 B=2\nExecStart=/bin/one\n',
        '[Service]\nEnvironment=\nEnvironment=C=3\nExecStart=\nExecStart=-/bin/two\n',
      ],
      { C: '3' },
      ['/bin/two'],
    ],
    [
      'with a drop-in that adds',
      ['[Service]\nEnvironment=A=1\n', '[Service]\nEnvironment=A=2 B=3\n'],
      { A: '2', B: '3' },
      [],
    ],
    ['with what is unset', ['[Service]\nEnvironment=A=1 B=2\nUnsetEnvironment=A\n'], { B: '2' }, []],
    ['of another section', ['[Unit]\nEnvironment=A=1\nExecStart=/bin/x\n'], {}, []],
    ['without a section', ['Environment=A=1\n'], {}, []],
    [
      'with carriage returns',
      ['[Service]\r\nEnvironment=A=1\r\nExecStart=/bin/x\r\n'],
      { A: '1' },
      ['/bin/x'],
    ],
  ])('%s', (_, texts, env, exec) => {
    expect(unit(...texts)).toMatchObject({ env, exec });
  });
});

describe('the derivation of util-linux', () => {
  const env = (more: Record<string, string>) => ({
    env: {
      version: '2.41',
      patches: `/nix/store/${hash}-a.patch /nix/store/${hash}-fix-mount-regression.patch`,
      ...more,
    },
  });
  const drv = `/nix/store/${hash}-util-linux-2.41.drv`;

  it.each<[what: string, text: string, names: string[] | null]>([
    ['as nix prints it', JSON.stringify({ [drv]: env({}) }), ['a.patch', 'fix-mount-regression.patch']],
    [
      'as newer ones do',
      JSON.stringify({ derivations: { [drv]: env({}) }, version: 4 }),
      ['a.patch', 'fix-mount-regression.patch'],
    ],
    [
      'after a warning',
      `warning: a thing\n${JSON.stringify({ [drv]: env({}) })}`,
      ['a.patch', 'fix-mount-regression.patch'],
    ],
    ['without patches', JSON.stringify({ [drv]: env({ patches: '' }) }), []],
    ['without a version', JSON.stringify({ [drv]: { env: { patches: '' } } }), null],
    ['of another year', JSON.stringify({ [drv]: { structured: {} } }), null],
    ['cut off', '{"/nix/store', null],
    ['that is nothing', '', null],
    ['that is null', 'null', null],
  ])('%s', (_, text, names) => {
    expect(parseDerivation(text)?.patches.map(({ name }) => name) ?? null).toEqual(names);
  });
});

describe('an ELF file', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['only its magic', Buffer.from('\u007fELF\u0002\u0001')],
    [
      'tables that lie outside',
      Buffer.concat([Buffer.from('\u007fELF\u0002\u0001'), Buffer.alloc(100, 0xff)]),
    ],
    ['text', Buffer.from('#!/bin/sh\n')],
  ])('that is %s is not one', (_, bytes) => {
    expect(parseElf(bytes)).toBeNull();
  });
});

describe('kubelet among processes', () => {
  it.each<[argv: string[], found: boolean]>([
    [['/usr/bin/kubelet', '--config=x'], true],
    [['/var/lib/k0s/bin/kubelet'], true],
    [['/usr/local/bin/k3s', 'server'], true],
    [['/nix/store/x/bin/k3s', 'agent', '--token', 'x'], true],
    [['/usr/local/bin/k3s', 'server', '--disable-agent'], false],
    [['/usr/local/bin/k3s', 'kubectl', 'get', 'pods'], false],
    [['k3s-agent'], true],
    [['vim', '/etc/kubelet'], false],
    [['kubelet-exporter'], false],
    [['grep', 'kubelet'], false],
    [[], false],
  ])('%j', (argv, found) => {
    expect(findKubelets([{ pid: 1, argv }]).length === 1).toBe(found);
  });
});

it('reads the environment of a process', () => {
  expect(parseEnviron('PATH=/a:/b\0EMPTY=\0=odd\0noequals\0MULTI=a\nb=c\0')).toEqual({
    PATH: '/a:/b',
    EMPTY: '',
    MULTI: 'a\nb=c',
  });
});
