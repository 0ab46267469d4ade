import { describe, expect, it } from 'vitest';
import { parseUnit } from '../../../src/facts/node/unit.ts';

describe('a unit', () => {
  const unit = (...texts: string[]) => parseUnit(texts.map((text, index) => ({ file: `/${index}`, text })));

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
    [
      'with what is unset later',
      ['[Service]\nEnvironment=A=1 B=2\nUnsetEnvironment=A\n'],
      { A: '1', B: '2' },
      [],
    ],
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
