/** A secret in every variable, in kubelet's environment and in the kubeconfig: none of it leaves. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const secret = 'pl4nted-s3cret';
const scratch = await scratchDirectory();
const programs = path.join(scratch, 'bin');
const home = path.join(scratch, 'home');
for (const each of [programs, home, path.join(home, '.kube')]) mkdirSync(each);

/** A gh that gives a token, and says that it was asked. */
writeFileSync(path.join(programs, 'gh'), `#!/bin/sh\necho asked >>"${scratch}/asked"\necho ${secret}-gh\n`, {
  mode: 0o755,
});
writeFileSync(path.join(programs, 'nixos-rebuild'), '#!/bin/sh\necho building; exit 1\n', { mode: 0o755 });
/** As kubectl says it when a token is refused. */
writeFileSync(
  path.join(programs, 'kubectl'),
  `#!/bin/sh\necho "error: You must be logged in to https://admin:${secret}@127.0.0.1:1" >&2; exit 1\n`,
  { mode: 0o755 },
);
const kubeconfig = path.join(home, '.kube/config');
writeFileSync(kubeconfig, `users:\n- user:\n    token: ${secret}\n    password: ${secret}\n  ${secret}: [\n`);

const env = {
  ...Object.fromEntries(
    [
      'AWS_SECRET_ACCESS_KEY',
      'GH_TOKEN',
      'KUBECONFIG_PASSWORD',
      'NIX_CONFIG',
      'K3S_TOKEN',
      'DB',
      'LS_COLORS',
    ].map((name) => [name, `${secret}-${name}`]),
  ),
  GITHUB_TOKEN: `${secret}-github`,
  http_proxy: `http://user:${secret}@127.0.0.1:1`,
  https_proxy: `http://user:${secret}@127.0.0.1:1`,
  HOME: home,
  XDG_CACHE_HOME: path.join(scratch, 'cache'),
  TMPDIR: scratch,
  PATH: `${programs}:${process.env['PATH']}`,
};

// bash names the process; its environment and its arguments have secrets too. In a mount namespace of its own, so
// that no other test takes it for the kubelet of this machine.
const standIn = ['--mount', '--propagation', 'private', tool('bash'), '-c', 'exec -a kubelet "$0" 300'];
const kubelet = spawn(tool('unshare'), [...standIn, tool('sleep')], {
  env: { PATH: process.env['PATH'] ?? '', TOKEN: secret, PASSWORD: `x${secret}` },
  stdio: 'ignore',
});
afterAll(() => void kubelet.kill('SIGKILL'));
while (!readFileSync(`/proc/${kubelet.pid}/cmdline`, 'utf8').startsWith('kubelet\0')) await sleep(10);

/** Where that kubelet is. */
async function subpathfix(args: string[], options: { env: Record<string, string> }) {
  const enter = [
    '--target',
    String(kubelet.pid),
    '--mount',
    process.execPath,
    path.join(root, 'dist/main.cjs'),
  ];
  return execa(tool('nsenter'), [...enter, ...args], { reject: false, timeout: 60_000, ...options });
}

const formats = [[], ['--json'], ['--format', 'markdown'], ['--format', 'junit']];
const commands: string[][] = [
  ['check'],
  ['check', '--node-root', '/'],
  ['check', '--util-linux', '2.41'],
  ['check', '--rev', 'a'.repeat(40)],
  ['generate', '--stdout'],
  ['generate', '--util-linux', '2.41', '--stdout'],
  ['status', 'nixos-25.05', '--timeout', '2'],
  ['status', '--offline'],
  ['probe'],
  ['probe', '--mount', '/nowhere'],
  ['probe', '--pid', String(kubelet.pid)],
  ['probe', '--env', 'A=b', '--mount', '/bin/mount'],
  ['sweep'],
  ['sweep', '--kubeconfig', kubeconfig],
  ['verify', '--timeout', '2'],
  ['verify', '--kubeconfig', kubeconfig, '--timeout', '2'],
  ['verify', '--dry-run'],
  ['verify', '--rebuild', 'build', '--timeout', '2', '--flake', `git+https://a:${secret}@127.0.0.1:1/x`],
  ['verify', '--dry-run', '--rebuild', 'build', '--flake', `git+https://a:${secret}@127.0.0.1:1/x`],
  ['status', '--base-url', `http://a:${secret}@127.0.0.1:1`],
];

describe.each(commands.map((args) => ({ args })))('$args', ({ args }) => {
  it('shows no secret in any format, nor in a verbose line', async () => {
    for (const format of formats) {
      const { stdout, stderr } = await subpathfix([...args, ...format, '--verbose'], { env });
      expect(stdout + stderr, `${args} ${format}`).not.toContain(secret);
      expect(stdout + stderr).not.toMatch(/internal error/);
    }
  });
});

it('leaves none in any file', () => {
  const files = readdirSync(scratch, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const planted = ['gh', 'kubectl', 'config'];
  for (const { parentPath, name } of files)
    if (!planted.includes(name))
      expect(readFileSync(path.join(parentPath, name), 'latin1')).not.toContain(secret);
});

it('asks gh for a token only where the network is used, and GITHUB_TOKEN is not set', async () => {
  const asked = (): number => {
    try {
      return readFileSync(path.join(scratch, 'asked'), 'utf8').trim().split('\n').length;
    } catch {
      return 0;
    }
  };
  expect(asked()).toBe(0);
  const without = { ...env, GITHUB_TOKEN: '', https_proxy: 'http://127.0.0.1:1' };
  for (const args of commands.filter((each) => !each.includes('--rev')))
    await subpathfix(args, { env: without });
  expect(asked()).toBe(0);
  await subpathfix(['check', '--rev', 'a'.repeat(40)], { env: without });
  expect(asked()).toBe(1);
  for (const word of ['status', 'check']) {
    const { stdout } = await subpathfix([word, '--help'], { env });
    expect(stdout).toMatch(/gh auth token/);
  }
});

it('is not taken from a file that a kubeconfig leads to', async () => {
  const link = path.join(scratch, 'link');
  symlinkSync('/etc/shadow', link);
  const { stdout, stderr } = await subpathfix(['sweep', '--kubeconfig', link, '-v'], { env });
  expect(stdout + stderr).not.toMatch(/root:[!*$]/);
});
