/** Compares the time of commands with a lower bound, in one run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compare, program, type Timed } from './compare.ts';

const node: Timed = { name: 'node -e 0', file: process.execPath, args: ['-e', '0'] };
const own = (...args: string[]): Timed => ({
  name: `subpathfix ${args[0]}`,
  file: process.execPath,
  args: [program, ...args],
});

/** The mounts of the probe as a person would type them. */
const bareProbe = `
mount -t tmpfs tmpfs /sys && cd /sys && mkdir a b c && echo x >f && : >g && exec 7<f 8<a
mount -o bind /sys/a /sys/b
mount --no-canonicalize -o bind /proc/$$/fd/7 /sys/g
mount --no-canonicalize -o bind /proc/$$/fd/8 /sys/c
[ ! -L g ] && cat g`;

/** The program as npm installs it from its package into an empty directory. */
function installed(directory: string): string {
  const root = path.resolve(path.dirname(program), '..');
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory], {
    cwd: root,
  });
  const [tarball = ''] = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  writeFileSync(path.join(directory, 'package.json'), '{}');
  execFileSync('npm', ['install', '--silent', '--offline', tarball], { cwd: directory });
  return path.join(directory, 'node_modules/.bin/subpathfix');
}

const scratch = mkdtempSync(path.join(os.tmpdir(), 'subpathfix-bench-'));
try {
  const inputs = ['--channel', 'nixos-25.05', '--util-linux', '2.41'];
  compare(own('--version'), [node], 1.2);
  compare({ name: 'installed --version', file: installed(scratch), args: ['--version'] }, [node], 1.2);
  compare(own('check', ...inputs), [node], 1.35);
  compare(own('generate', ...inputs, '--out', scratch), [node]);
  const root = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
  const shell = { name: 'bare shell', file: 'unshare', args: ['--mount', ...root, 'sh', '-c', bareProbe] };
  compare(own('probe', '--mount', '/bin/mount'), [node, shell], 1.4);
} finally {
  rmSync(scratch, { recursive: true });
}
