import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { type CliResult, root, subpathfix } from '../helpers/tools.ts';

const nixpkgs = (name: string): string => path.join(root, 'test/fixtures/nixpkgs', name);
const schema = JSON.parse(readFileSync(path.join(root, 'schema/check.schema.json'), 'utf8')) as object;
const validate = new Ajv2020().compile(schema);

describe('check', () => {
  it.each<[args: string[], exitCode: number, says: RegExp]>([
    [
      ['--channel', 'nixos-25.05', '--util-linux', '2.41'],
      1,
      /^affected: util-linux 2\.41 was released with the defect/,
    ],
    [['--channel', 'nixos-25.05', '--util-linux', '2.41.1'], 0, /^fixed: util-linux 2\.41\.1 has the fix/],
    [['--util-linux', '2.40.4'], 0, /^not affected: util-linux 2\.40\.4 is older/],
    [
      ['--channel', 'nixos-24.11', '--util-linux', '2.41'],
      1,
      /channel: nixos-24\.11 never shipped util-linux 2\.41/,
    ],
    [['--util-linux', 'banana'], 3, /^undetermined: --util-linux "banana" is not a util-linux version/],
    [['--channel', 'nixos-25.05'], 3, /^undetermined: revisions of nixos-25\.05 differ/],
    [['--channel', 'debian-sid'], 3, /^undetermined: .*"debian-sid" is not a nixpkgs channel/],
    [['--nixpkgs', nixpkgs('patched')], 0, /^fixed: .*fix-mount-regression\.patch/],
    [['--nixpkgs', nixpkgs('bare-2.41')], 1, /^affected: .*without the fix/],
    [['--nixpkgs', nixpkgs('patched'), '--util-linux', '2.41'], 0, /against +util-linux version/],
    [
      ['--nixpkgs', nixpkgs('patched'), '--util-linux', '2.40.4'],
      0,
      /^not affected.*\n.*\n.*another version, 2\.41/,
    ],
    [
      ['--nixpkgs', nixpkgs('upstream-2.41.1'), '--util-linux', '2.41'],
      3,
      /^undetermined: conflicting evidence/,
    ],
    [['--channel', 'debian-sid', '--util-linux', '2.41-3'], 1, /^affected: Debian's util-linux 2\.41-3/],
    [['--channel', '25.05.20250522.55d1f92'], 1, /^affected: nixpkgs of 2025-05-22 is older/],
    [['--channel', '55d1f92'], 3, /is a commit: give it with --rev/],
    [['--util-linux', '2.41-4'], 3, /Debian's has the fix, Arch Linux's is not known/],
  ])('%j', async (args, exitCode, says) => {
    const result = await subpathfix(['check', ...args]);
    expect(result).toMatchObject({ exitCode, stderr: '' });
    expect(result.stdout).toMatch(says);
  });

  it('reads what mount itself prints', async () => {
    const printed = 'mount from util-linux 2.41.1 (libmount 2.41.0: btrfs, namespaces, idmapping, statmount)';
    const { exitCode, stdout } = await subpathfix(['check', '--util-linux', printed]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/decided by +libmount version/);
    expect(stdout).toMatch(/the libmount that mount loads decides, not the mount binary/);
  });

  it('has a document for programs, which its schema describes', async () => {
    const { exitCode, stdout, stderr } = await subpathfix([
      'check',
      '--nixpkgs',
      nixpkgs('patched'),
      '--json',
    ]);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report).toMatchObject({
      schemaVersion: 1,
      command: 'check',
      verdict: { state: 'fixed', decidedBy: 'patches' },
      facts: {
        withPatches: { known: true, value: false },
        revision: { known: true },
        channel: { known: false, reason: { code: 'not-given' } },
      },
    });
    expect(validate({ ...report, verdict: {} })).toBe(false);
  });

  it.each<[format: string, expected: RegExp[]]>([
    [
      'markdown',
      [/^## subpathfix check: affected\n/, /\| util-linux version \| 2\.41 \| --util-linux 2\.41 \|/],
    ],
    ['junit', [/^<\?xml /, /failures="1" errors="0"/, /<failure message="util-linux 2\.41 was released/]],
    ['json', [/^\{\n {2}"schemaVersion": 1,/]],
  ])('is written as %s', async (format, expected) => {
    const { exitCode, stdout } = await subpathfix(['check', '--util-linux', '2.41', '--format', format]);
    expect(exitCode).toBe(1);
    for (const pattern of expected) expect(stdout).toMatch(pattern);
  });

  it('calls what it cannot tell an error of the test, not a pass', async () => {
    const { stdout } = await subpathfix(['check', '--util-linux', '', '--format', 'junit']);
    expect(stdout).toMatch(/failures="0" errors="1"/);
  });

  it('says nothing with --quiet, and the same by its exit code', async () => {
    const result = await subpathfix(['check', '--util-linux', '2.41', '--quiet']);
    expect(result).toEqual({ exitCode: 1, stdout: '', stderr: '' });
  });

  it.each<[args: string[], env: Record<string, string>, colored: boolean]>([
    [[], {}, false],
    [['--color', 'always'], {}, true],
    [['--color', 'always'], { NO_COLOR: '1' }, true],
    [['--color', 'never'], { FORCE_COLOR: '1' }, false],
  ])('colours %j %j', async (args, env, colored) => {
    const { stdout } = await subpathfix(['check', '--util-linux', '2.41', ...args], { env });
    expect(stdout.includes('\u001b[')).toBe(colored);
  });

  it('lets no escape sequence through', async () => {
    const hostile = '2.41\u001b]0;title\u0007\u001b[31m\u202e';
    for (const format of ['human', 'markdown', 'junit', 'json', 'prometheus']) {
      const { exitCode, stdout } = await subpathfix(['check', '--util-linux', hostile, '--format', format]);
      expect(exitCode).toBe(3);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      expect(stdout).not.toMatch(/[\u001b\u0007]/);
    }
  });
});

describe('a command line that cannot be read', () => {
  const usage = (result: CliResult, says: RegExp): void => {
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout).toBe('');
  };

  it.each<[args: string[], says: RegExp]>([
    [[], /Usage: subpathfix/],
    [['chekc', '--util-linux', '2.41'], /unknown command 'chekc'\n\(Did you mean check\?\)/],
    [['check', '--nixpkgs', '/nowhere'], /\/nowhere: no such file or directory/],
    [['check', '--rev', 'a'.repeat(40), '--nixpkgs', '/x'], /--nixpkgs and --rev cannot be used together/],
    [['check', '--flake-lock', '/nowhere'], /\/nowhere: no such file or directory/],
    [['check', '--nixpkgs', '/nowhere'], /\/nowhere: no such file or directory/],
    [['check', '--nixpkgs', '/dev/null'], /\/dev\/null: not a regular file/],
    [['check', '--nixpkgs', '/etc'], /\/etc: not a nixpkgs checkout/],
    [['generate', '--nixpkgs', '/nowhere'], /\/nowhere: no such file or directory/],
    [['check', '--node-root', '/nowhere'], /\/nowhere: no such file or directory/],
    [['status', '--since', '/nowhere/file'], /\/nowhere: no such file or directory/],
    [['check', '--utillinux', '2.41'], /unknown option '--utillinux'/],
    [['check', '--util-linux'], /argument missing/],
    [['check', '--util-linux', '2.41', 'more'], /too many arguments/],
    [
      ['check', '--util-linux', '2.41', '--format', 'yaml'],
      /Allowed choices are human, json, markdown, junit, prometheus/,
    ],
    [['generate', '--util-linux', '2.41', '--strategy', 'magic'], /Allowed choices are path, env/],
    [
      ['generate', '--util-linux', '2.41', '--distro', 'k3s', '--role', 'worker'],
      /the roles of k3s are server, agent/,
    ],
    [['generate', '--util-linux', '2.41', '--unit', 'a"b'], /is not a valid systemd service name/],
    [
      ['generate', '--util-linux', '2.41', '--distro', 'k3s', '--strategy', 'path'],
      /does not reach kubelet of k3s/,
    ],
    [
      ['generate', '--util-linux', '2.41', '--distro', 'kubernetes', '--strategy', 'package'],
      /takes no util-linux/,
    ],
    [['generate', '--util-linux', '2.41', '--strategy', 'drop-in', '--gate'], /only NixOS has/],
    [['probe', '--pid', '-1'], /--pid "-1": not a process id/],
    [['probe', '--env', '=x'], /--env "=x": must be NAME=VALUE/],
  ])('%j', async (args, says) => {
    usage(await subpathfix(args), says);
  });

  it('is not the same as asking for help or the version', async () => {
    const help = await subpathfix(['--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toMatch(/check[\s\S]*generate[\s\S]*probe/);
    for (const flag of ['--version', '-V']) {
      expect((await subpathfix([flag])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });
});
