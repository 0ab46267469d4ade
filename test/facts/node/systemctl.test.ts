import { describe, expect, it } from 'vitest';
import { findUnit } from '../../../src/facts/node/find-unit.ts';
import { readRunning } from '../../../src/facts/node/kubelet.ts';
import { showUnits } from '../../../src/facts/node/systemctl.ts';
import { fakeHost } from '../../helpers/fake-host.ts';

/** As systemd 257 writes it, for a unit with everything that it escapes. */
const shown = String.raw`MainPID=17
ExecStart={ path=/usr/bin/sleep ; argv[]=my sleep 1000  $A ${'$'}{B}x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment=A=1 "B=b c" "C=q\"u" "D=dollar\$x" "E=back\\slash" "F=tab\tx" G=plain "H=single'q" I=per%cent "J=t\\x2dx" "K=nl\nx" M= N=ü DROP=1
EnvironmentFiles=/etc/default/t\x2dx@in-st (ignore_errors=yes)
EnvironmentFiles=/etc/x y (ignore_errors=no)
UnsetEnvironment=G "Z=a b"
Id=t\x2dx@in-st.service
LoadState=loaded
ActiveState=failed
FragmentPath=/etc/systemd/system/t\x2dx@.service
DropInPaths="/etc/systemd/system/t\\x2dx@.service.d/a b.conf" /etc/c.conf
UnitFileState=disabled
NeedDaemonReload=yes

MainPID=0
Environment=
UnsetEnvironment=
Id=masked.service
LoadState=masked
ActiveState=inactive
FragmentPath=/etc/systemd/system/masked.service
DropInPaths=
UnitFileState=masked
NeedDaemonReload=no
`;

const manager = 'Environment=LANG=C.UTF-8 PATH=/usr/bin:/usr/sbin "A=b c"\n';

const booted = ['/run/systemd/system'];

describe('systemctl show', () => {
  it('is read with its escapes', async () => {
    const host = fakeHost({
      directories: booted,
      run: ({ args }) => ({ writes: [args.includes('--') ? shown : manager] }),
    });
    const answer = await showUnits(host, ['a', 'masked']);
    expect(answer?.units).toEqual([
      {
        name: 't\\x2dx@in-st',
        load: 'loaded',
        active: 'failed',
        enabled: 'disabled',
        files: [
          '/etc/systemd/system/t\\x2dx@.service',
          '/etc/systemd/system/t\\x2dx@.service.d/a b.conf',
          '/etc/c.conf',
        ],
        env: {
          ...{ A: '1', B: 'b c', C: 'q"u', D: 'dollar$x', E: 'back\\slash', F: 'tab\tx', G: 'plain' },
          ...{ H: "single'q", I: 'per%cent', J: 't\\x2dx', K: 'nl\nx', M: '', N: 'ü', DROP: '1' },
        },
        environmentFiles: ['-/etc/default/t\\x2dx@in-st', '/etc/x y'],
        unset: ['G', 'Z=a b'],
        program: '/usr/bin/sleep',
        commandLine: 'my sleep 1000  $A ${B}x',
        mainPid: 17,
        needsReload: true,
      },
      expect.objectContaining({ name: 'masked', load: 'masked', program: null, files: [expect.any(String)] }),
    ]);
    expect(answer?.inherited).toEqual({ LANG: 'C.UTF-8', PATH: '/usr/bin:/usr/sbin', A: 'b c' });
    expect(host.ran[0]).toMatch(/^systemctl show --property=\S+ -- a\.service masked\.service$/);
  });

  it.each<[what: string, directories: string[], answer: object | undefined]>([
    ['another init runs', [], { writes: [shown] }],
    ['there is no systemctl', booted, undefined],
    ['it fails', booted, { writes: ['Failed to connect to bus'], exitCode: 1 }],
    ['it says nothing', booted, {}],
    ['it does not answer', booted, { writes: [shown], takesMs: 60_000 }],
  ])('is no answer where %s', async (_, directories, answer) => {
    expect(await showUnits(fakeHost({ directories, run: () => answer }), ['a'])).toBeNull();
  });
});

describe('a unit in memory', () => {
  const file = '/etc/systemd/system/k0s.service';
  const block = (exec: string): string =>
    `Id=k0s.service\nLoadState=loaded\nFragmentPath=${file}\nEnvironment=A=memory\nEnvironmentFiles=/env (ignore_errors=no)\nUnsetEnvironment=C\nExecStart={ path=/bin/k0s ; argv[]=${exec} ; ignore_errors=no ; pid=0 }\n`;
  it.each<[what: string, exec: string, argv: string[]]>([
    [
      'that is like its file',
      '/bin/k0s controller a b $ARGS',
      ['/bin/k0s', 'controller', 'a b', '--single', 'x'],
    ],
    ['whose file has changed', '/bin/k0s worker a b', ['/bin/k0s', 'worker', 'a', 'b']],
  ])('%s', async (_, exec, argv) => {
    const text = '[Service]\nEnvironment=A=file\nExecStart=/bin/k0s controller "a b" $ARGS\n';
    const host = fakeHost({
      directories: booted,
      files: { [file]: text, '/env': 'B=2\nC=3\nARGS=--single x\n' },
      run: ({ args }) => ({ writes: [args.includes('--') ? block(exec) : manager] }),
    });
    const unit = await findUnit(host, await readRunning(host));
    expect(unit).toMatchObject({ value: { exec: argv, files: [file] } });
    expect(unit.known && unit.value.env).toEqual({ A: 'memory', B: '2', ARGS: '--single x' });
  });
});
