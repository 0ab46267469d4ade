import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { inProcess } from '../helpers/in-process.ts';
import { root, subpathfix } from '../helpers/tools.ts';

/** What a report advises can be pasted where the program was called. */

const affected = ['--channel', 'nixos-25.05', '--util-linux', '2.41'];

const forms: [name: string, env: Record<string, string>, form: string][] = [
  ['npm start', { npm_lifecycle_event: 'start', npm_package_name: 'subpathfix' }, 'npm start --'],
  ['npx', { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'subpathfix'" }, 'npx subpathfix'],
  ['nix run', { SUBPATHFIX_CALLED_AS: 'nix-run' }, 'nix run . --'],
  ['a stranger', { SUBPATHFIX_CALLED_AS: 'sh -c' }, 'subpathfix'],
];

describe.each(forms)('called by %s', (_, env, form) => {
  const run = (args: string[]) => inProcess(args, env);

  it('advises in its form, to a person', async () => {
    const human = (await run(['check', ...affected])).stdout;
    expect(human).toMatch(new RegExp(`: sudo ${form} check$`, 'm'));
    expect(human).toMatch(new RegExp(`: ${form} generate --channel nixos-25\\.05 --util-linux 2\\.41$`, 'm'));
    const markdown = (await run(['check', ...affected, '--format', 'markdown'])).stdout;
    expect(markdown).toContain(`\`${form} generate --channel`);
    expect((await run(['generate', ...affected, '--dry-run'])).stdout).toContain(
      `\n     sudo ${form} verify\n`,
    );
    expect((await run(['sweep', '--help'])).stdout).toMatch(
      new RegExp(`^Usage: ${form} sweep .*\\n  sudo ${form} sweep\\n`, 's'),
    );
  });

  it('says the same as always to programs, and in files', async () => {
    for (const args of [
      ['check', ...affected, '--json'],
      ['check', ...affected, '--format', 'junit'],
      ['generate', ...affected, '--stdout'],
    ]) {
      expect((await run(args)).stdout).toBe((await inProcess(args)).stdout);
    }
  });
});

it('says what to do about an error in its form too', async () => {
  const env = { npm_lifecycle_event: 'start', npm_package_name: 'subpathfix' };
  const { exitCode, stderr } = await subpathfix(['diagnose', '/dev/null'], { env });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('of a pipe: … | npm start -- diagnose -');
});

describe('npm itself', () => {
  const npm = (program: string, args: string[]) =>
    execa(program, args, { cwd: root, reject: false, stripFinalNewline: false });

  it('start: what is advised can be pasted', async () => {
    const { stdout } = await npm('npm', ['start', '--', 'check', ...affected]);
    const [, command = ''] = /write the fix: (npm start -- generate .*)$/m.exec(stdout) ?? [];
    const pasted = await npm('sh', ['-c', `${command} --dry-run`]);
    expect(pasted.exitCode).toBe(0);
    expect(pasted.stdout).toContain('sudo npm start -- verify');
  });

  it.each([
    ['npm', ['start', '--silent', '--', 'check', ...affected, '--json']],
    ['npx', ['subpathfix', 'check', ...affected, '--json']],
  ])('%s %j: the report alone is on standard output', async (program, args) => {
    const { stdout, stderr, exitCode } = await npm(program, args);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'check', verdict: { state: 'affected' } });
    expect(stderr).toBe('');
  });

  it('start: says that npm prints lines before the report, and how it does not', async () => {
    const { stdout, stderr } = await npm('npm', ['start', '--', 'check', ...affected, '--json']);
    expect(stdout).toMatch(/^\n> subpathfix@/);
    expect(stderr).toContain('without them: npm start --silent -- …');
  });
});
