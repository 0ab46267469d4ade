/**
 * Everything that a command asks of the machine goes wrong, one thing at a time: what it says is then an error,
 * undetermined, or still true. Each fault is tried on a node that has the defect and on one that differs from it only
 * in that: if what tells them apart is taken away, no answer may call either fixed.
 */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assets } from '../../scripts/assets.ts';
import { root, tool } from '../helpers/tools.ts';
import type { Ended, Scenario, Work } from './faults/worker.ts';
import { onField, system } from './field.ts';

const field = onField();
let worker: string;

/** Says that it is 2.41, as a patched one does, and works. */
const fixedMount = `#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    return puts("mount from util-linux 2.41 (libmount 2.41.0: btrfs, namespaces, assert, debug)") < 0;
  execv("${tool('mount')}", argv);
  return 127;
}`;

const kubeletRoot = '/var/lib/kubelet';
const container = `${kubeletRoot}/pods/u1/volume-subpaths/config/app`;

beforeAll(async () => {
  const { arena } = field;
  worker = arena.file('worker.mjs');
  await build({
    input: path.join(root, 'test/security/faults/worker.ts'),
    platform: 'node',
    plugins: [assets({ copy: false })],
    transform: { target: 'node20' },
    checks: { eval: false },
    output: { file: worker, format: 'esm', codeSplitting: false },
  });
  mkdirSync(arena.file('fixed'));
  await execa(tool('gcc'), ['-x', 'c', '-o', arena.file('fixed/mount'), '-'], { input: fixedMount });
  mkdirSync(kubeletRoot, { recursive: true });
  await arena.run(
    tool('sh'),
    '-ec',
    `mount --make-rshared /; mount -t tmpfs -o mode=755 none /run; mkdir /run/lock
     mkdir -p /etc/systemd/system; mount -t tmpfs -o mode=755 none /etc/systemd/system; mount -t tmpfs -o mode=755 none ${kubeletRoot}`,
  );
});

/** Without what a fault has kept the last run from removing: this process would have to end before the next does it. */
const leaveOne = (): string => `for d in /run/subpathfix-sweep-*; do umount -l $d; rmdir $d; done; mkdir -p ${container}; touch ${container}/0 2>/dev/null; exec 7</etc/passwd
  ${field.arena.file('affected/mount')} --no-canonicalize -o bind /proc/$$/fd/7 ${container}/0; true`;

const watched = ['/run', '/run/subpathfix', '/tmp'];

async function tries(which: 'affected' | 'fixed', scenarios: Omit<Scenario, 'env' | 'watched'>[]): Promise<Ended[]> {
  const { arena, kubelet } = field;
  const PATH = `${arena.file(which)}:${system}`;
  const unit = `[Service]\nEnvironment="PATH=${PATH}"\nExecStart=${kubelet} 600\n`;
  await arena.run(tool('sh'), '-c', `printf %s '${unit}' >/etc/systemd/system/kubelet.service`);
  await field.trueKubelet({ PATH });
  const env = { PATH: system, HOME: arena.directory };
  const work: Work = { scenarios: scenarios.map((each) => ({ ...each, env, watched })) };
  const [file, args] = arena.inside(process.execPath, worker);
  const { stdout } = await execa(file, args, { input: JSON.stringify(work), maxBuffer: 1e9, env, extendEnv: false, cwd: '/' });
  return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Ended);
}

it('x', async () => {
  const started = Date.now();
  for (const which of ['affected', 'fixed'] as const) {
    const all = await tries(which, [
      { name: 'check', args: ['check', '--json'] },
      { name: 'probe', args: ['probe', '--json'] },
      { name: 'verify', args: ['verify', '--skip', 'smoke', '--json', '--timeout', '1'] },
      { name: 'sweep', args: ['sweep', '--json'], before: leaveOne() },
      { name: 'sweep --apply', args: ['sweep', '--apply', '--force', '--json'], before: leaveOne() },
      { name: 'generate', args: ['generate', '--stdout'] },
    ]);
    writeFileSync(`/tmp/ig-${which}.json`, JSON.stringify(all));
    const sums: Record<string, any> = {};
    for (const e of all) {
      const s = (sums[e.scenario] ??= { n: 0, ms: 0, exits: {} });
      s.n++; s.ms += e.ms; s.exits[e.exitCode] = (s.exits[e.exitCode] ?? 0) + 1;
      if (!e.fault) s.base = e.exitCode;
    }
    console.log(which, JSON.stringify(sums, null, 1), Date.now() - started);
  }
}, 600_000);
